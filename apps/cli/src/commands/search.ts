import { readFile } from 'node:fs/promises';
import type { SearchFilter } from '@mycelium/database';
import { formatLocal } from '@mycelium/farm';
import { Command, Option } from 'commander';
import { count, day, positive } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';

interface SearchOptions extends OutputOptions, SearchFilter {
  text?: string;
  image?: string;
  key?: string;
  limit: number;
}

type Found = Awaited<ReturnType<typeof import('@mycelium/database').searchImages>>[number];

const columns: { title: string; cell: (image: Found, timeZone: string) => unknown }[] = [
  { title: 'score', cell: ({ score }) => score.toFixed(3) },
  { title: 'room', cell: ({ room }) => room },
  { title: 'captured', cell: ({ capturedAt }, timeZone) => formatLocal(capturedAt, timeZone) },
  { title: 'growth day', cell: ({ growthDay }) => growthDay },
  { title: 'key', cell: ({ key }) => key },
];

const wideColumns: typeof columns = [
  { title: 'stage', cell: ({ stage }) => stage },
  { title: 'text used', cell: ({ textUsed }) => textUsed },
];

export function searchCommand(): Command {
  return new Command('search')
    .summary('find images by a text, a picture or a stored image')
    .description('Lists the images nearest to a text, to a picture file or to a stored image, best first.')
    .addOption(
      new Option('--text <words>', 'words that describe what the images show').conflicts(['image', 'key']),
    )
    .addOption(new Option('--image <file>', 'find images like this JPEG, PNG or WebP').conflicts(['key']))
    .option('--key <key>', 'find images like this one in the store')
    .option('--room <room>', 'only this room')
    .addOption(new Option('--from <day>', 'first day, YYYY-MM-DD').argParser(day))
    .addOption(new Option('--to <day>', 'last day, YYYY-MM-DD').argParser(day))
    .option('--growth-day <n>', 'only this growth day', count)
    .addOption(new Option('--stage <stage>', 'only this stage').choices(['normal', 'non_growth']))
    .option(
      '--min-quality <score>',
      'only images whose description gives at least this quality, 0 to 100',
      positive,
    )
    .option('--limit <n>', 'at most this many', count, 10)
    .action(async (_, command: Command) => {
      const { text, image, key, json, wide, ...asked } = command.optsWithGlobals<SearchOptions>();
      if (!text && !image && !key) command.error('error: expected --text, --image or --key');
      const output = createOutput({ json, wide });
      const { activeModel, searchImages } = await import('@mycelium/database');
      const { knownRooms } = await import('@mycelium/operations');
      const { CommandFailed } = await import('../command-errors.ts');
      const { withDatabase } = await import('../connections.ts');
      await withDatabase(async (connections) => {
        // Read once, so that the same model encodes the query and holds the vectors, even during a change.
        const model = await activeModel(connections.pool);
        if (!model) {
          const { imageJobs } = await import('@mycelium/queue');
          throw new CommandFailed(`There are no vectors to search yet. Run ${imageJobs.nightly} first.`);
        }
        const { ROOM_ALIASES: aliases } = connections.config;
        const [room] = asked.room ? await knownRooms({ pool: connections.pool, aliases }, [asked.room]) : [];
        const filter = { ...asked, ...(room && { room }) };
        const query = key
          ? await storedVector(connections, model, key)
          : await newVector(connections, model, { text, image }, output);
        const found = await searchImages(connections.pool, { ...filter, ...query, modelId: model.id });
        if (model.demo) output.line(`Vectors of the DEMO MODEL, ${model.key}`);
        const all = [...columns, ...(output.wide ? wideColumns : [])];
        output.table(
          all.map(({ title }) => title),
          found.map((one) => all.map(({ cell }) => cell(one, connections.config.TZ))),
        );
        output.result(found);
      });
    });
}

type Connections = Parameters<Parameters<typeof import('../connections.ts').withDatabase>[0]>[0];
type Query = { vector: Float32Array; by: 'image' | 'fused' };

type Model = { id: number; key: string };

async function storedVector({ pool }: Connections, model: Model, key: string): Promise<Query> {
  const { findImageVector } = await import('@mycelium/database');
  const { CommandFailed } = await import('../command-errors.ts');
  const vector = await findImageVector(pool, key, model.id);
  if (!vector)
    throw new CommandFailed(
      `${key} has no vector of ${model.key}. Check the key, or run batch-all for its day.`,
    );
  return { vector, by: 'image' };
}

/** Encodes the query in this process, with the model that searches use. */
async function newVector(
  { config }: Connections,
  model: Model,
  { text = '', image }: { text: string | undefined; image: string | undefined },
  output: Output,
): Promise<Query> {
  const { decodeImage, findModel, fitText, loadEncoder, unreadWords } = await import('@mycelium/encoder');
  const bytes = image && (await readFile(image));
  const { CLIP_MODEL, MODEL_DIR, CLIP_DEVICE, CLIP_THREADS } = config;
  const encoder = await loadEncoder({
    ...(await findModel(model.key, { model: CLIP_MODEL, modelDir: MODEL_DIR })),
    device: CLIP_DEVICE,
    threads: CLIP_THREADS,
  });
  try {
    if (bytes) {
      const [vector] = await encoder.embedImages([await decodeImage(bytes)]);
      return { vector: vector as Float32Array, by: 'image' };
    }
    const unread = unreadWords(text, encoder.countTokens);
    if (unread.length > 0) {
      output.warn(
        `${model.key} does not know "${unread.join('", "')}": the results may have nothing to do with it.`,
      );
    }
    const fitted = fitText(text, encoder.countTokens);
    if (fitted.cut) output.warn(`The text is longer than the model can read. Searched for: ${fitted.used}`);
    const [vector] = await encoder.embedTexts([fitted.used]);
    return { vector: vector as Float32Array, by: 'fused' };
  } finally {
    await encoder.close();
  }
}
