import { readFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { count, day } from '../options.ts';
import { createOutput } from '../output.ts';

interface SearchOptions {
  text?: string;
  image?: string;
  key?: string;
  room?: string;
  from?: string;
  to?: string;
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
    .option('--limit <n>', 'at most so many', count, 10)
    .action(async (_, command: Command) => {
      const { text, image, key, json, ...filter } = command.optsWithGlobals<SearchOptions>();
      if (!text && !image && !key) command.error('error: wanted: --text, --image or --key');
      const output = createOutput(json);
      const { formatLocal } = await import('@mycelium/calendar');
      const { searchImages } = await import('@mycelium/database');
      const { withDatabase } = await import('../house.ts');
      await withDatabase(async (house) => {
        const query = key ? await storedVector(house, key) : await newVector(house, text, image);
        const found = await searchImages(house.pool, { ...filter, ...query });
        output.table(
          ['score', 'key', 'room', 'captured at', 'day', 'stage'],
          found.map((one) => [
            one.score.toFixed(3),
            one.key,
            one.room,
            formatLocal(one.capturedAt, house.config.TZ),
            one.growthDay,
            one.stage,
          ]),
        );
        output.result(found);
      });
    });
}

type House = Parameters<Parameters<typeof import('../house.ts').withDatabase>[0]>[0];
type Query = { vector: Float32Array; by: 'image' | 'fused' };

async function storedVector({ pool }: House, key: string): Promise<Query> {
  const { findImageVector } = await import('@mycelium/database');
  const { CommandFailed } = await import('../command-errors.ts');
  const vector = await findImageVector(pool, key);
  if (!vector) throw new CommandFailed(`${key} has no vector of the model in use`);
  return { vector, by: 'image' };
}

/** Encodes the query here, with the model of the settings, which must be the one that searches read. */
async function newVector({ pool, config }: House, text?: string, image?: string): Promise<Query> {
  const { requireSettings } = await import('@mycelium/config');
  const { activeModel } = await import('@mycelium/database');
  const { decodeImage, fitText, loadEncoder } = await import('@mycelium/encoder');
  const { CommandFailed } = await import('../command-errors.ts');
  const bytes = image && (await readFile(image));
  const { CLIP_MODEL, MODEL_DIR, CLIP_DTYPE, CLIP_DEVICE, CLIP_THREADS } = requireSettings(
    config,
    'CLIP_MODEL',
  );
  const active = await activeModel(pool);
  if (!active) throw new CommandFailed('there is no vector to search in yet; run daily_clip_inference first');
  const encoder = await loadEncoder({
    model: CLIP_MODEL,
    modelDir: MODEL_DIR,
    dtype: CLIP_DTYPE,
    device: CLIP_DEVICE,
    threads: CLIP_THREADS,
  });
  try {
    if (encoder.key !== active.key) {
      throw new CommandFailed(
        `searches read the vectors of ${active.key}, and CLIP_MODEL here is ${encoder.key}: set it to the same, or change over with \`mycelium models use\``,
      );
    }
    const [vector] = bytes
      ? await encoder.embedImages([await decodeImage(bytes)])
      : await encoder.embedTexts([fitText(text ?? '', encoder.countTokens).used]);
    return { vector: vector as Float32Array, by: bytes ? 'image' : 'fused' };
  } finally {
    await encoder.close();
  }
}
