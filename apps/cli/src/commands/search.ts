import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { count, day, positive } from '../options.ts';
import { createOutput, type Output } from '../output.ts';

interface SearchOptions {
  text?: string;
  image?: string;
  key?: string;
  room?: string;
  from?: string;
  to?: string;
  growthDay?: number;
  stage?: 'normal' | 'non_growth';
  minQuality?: number;
  limit: number;
  json?: boolean;
}

export function searchCommand(): Command {
  return new Command('search')
    .summary('find images by words, by a picture, or by one that is stored')
    .description('The images nearest to a text, to a picture file or to a stored image.')
    .addOption(new Option('--text <words>', 'what is to be seen').conflicts(['image', 'key']))
    .addOption(new Option('--image <file>', 'a JPEG, PNG or WebP').conflicts(['key']))
    .option('--key <key>', 'images like this stored one')
    .option('--room <room>', 'in this room')
    .addOption(new Option('--from <day>', 'from this day on').argParser(day))
    .addOption(new Option('--to <day>', 'up to this day').argParser(day))
    .option('--growth-day <n>', 'on this day of growth', count)
    .addOption(new Option('--stage <stage>', 'in this stage').choices(['normal', 'non_growth']))
    .option('--min-quality <score>', 'described, and of at least this quality, up to 100', positive)
    .option('--limit <n>', 'at most so many', count, 10)
    .action(async (_, command: Command) => {
      const { text, image, key, json, ...filter } = command.optsWithGlobals<SearchOptions>();
      if (!text && !image && !key) command.error('error: wanted: --text, --image or --key');
      const output = createOutput(json);
      const { formatLocal } = await import('@mycelium/farm');
      const { activeModel, searchImages } = await import('@mycelium/database');
      const { CommandFailed } = await import('../command-errors.ts');
      const { withDatabase } = await import('../house.ts');
      await withDatabase(async (house) => {
        // Asked once: the query's vector is made and compared by one model, also while they change.
        const model = await activeModel(house.pool);
        if (!model)
          throw new CommandFailed('there is no vector to search in yet; run daily_clip_inference first');
        const query = key
          ? await storedVector(house, model, key)
          : await newVector(house, model, { text, image }, output);
        const found = await searchImages(house.pool, { ...filter, ...query, modelId: model.id });
        const byText = query.by === 'fused';
        if (model.demo) output.line(`Of the DEMO MODEL, ${model.key}:`);
        output.table(
          [
            'score',
            'key',
            'room',
            'captured at',
            'day',
            'stage',
            ...(byText ? ['compared with its picture and'] : []),
          ],
          found.map((one) => [
            one.score.toFixed(3),
            one.key,
            one.room,
            formatLocal(one.capturedAt, house.config.TZ),
            one.growthDay,
            one.stage,
            ...(byText ? [one.textUsed] : []),
          ]),
        );
        output.result(found);
      });
    });
}

type House = Parameters<Parameters<typeof import('../house.ts').withDatabase>[0]>[0];
type Query = { vector: Float32Array; by: 'image' | 'fused' };

type Model = { id: number; key: string };

async function storedVector({ pool }: House, model: Model, key: string): Promise<Query> {
  const { findImageVector } = await import('@mycelium/database');
  const { CommandFailed } = await import('../command-errors.ts');
  const vector = await findImageVector(pool, key, model.id);
  if (!vector) throw new CommandFailed(`${key} has no vector of ${model.key}`);
  return { vector, by: 'image' };
}

/** Encodes the query here, with the model that searches read. */
async function newVector(
  { config }: House,
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
      output.warn(`${model.key} has not learned "${unread.join('", "')}": what is found need not show it.`);
    }
    const fitted = fitText(text, encoder.countTokens);
    if (fitted.cut) output.warn(`That is more than the model reads; searched: ${fitted.used}`);
    const [vector] = await encoder.embedTexts([fitted.used]);
    return { vector: vector as Float32Array, by: 'fused' };
  } finally {
    await encoder.close();
  }
}
