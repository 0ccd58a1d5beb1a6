import { join } from 'node:path';
import { createPool } from '@mycelium/database';
import { decodeImage, type Encoder, identityText, loadEncoder } from '@mycelium/encoder';
import { createRandomClip } from '@mycelium/encoder/demo-model';
import type { Bench, BenchContext, BenchRow } from './bench.ts';
import { startNaive } from './images/naive.ts';
import { startOurs } from './images/ours.ts';
import { layDay, makePictures } from './images/pictures.ts';

const rounds = 5;
const sizes = [
  { name: 'hd', width: 1920, height: 1080, ours: 240, naive: 16 },
  { name: '12mp', width: 4000, height: 3000, ours: 160, naive: 8 },
];
const text = identityText({ room: '607', stage: 'normal', growthDay: 1 });

/**
 * P1: a day's images from files to rows with vectors, by the real worker with queue, store and database, on a
 * full-size ViT-B/32 with made-up weights. The limit is the sum of what needs the cores and cannot be left out:
 * decoding, and the model's two towers in full batches, each measured alone on all cores.
 */
export const bench: Bench = { name: 'images', ids: ['P1'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const { workDir, log } = context;
  const model = join(workDir, 'clip-b32');
  const rows: BenchRow[] = [];
  for (const dtype of ['q8', 'fp32'] as const) {
    log(`making a full-size ViT-B/32 in ${dtype}`);
    await createRandomClip(model, { size: 'b32', dtype, seed: 1 });
    const databaseUrl = await createDatabase(context.databaseUrl, `bench_images_${dtype}`);
    const imageDir = join(workDir, `images-${dtype}`);
    const ours = await startOurs({ ...context, databaseUrl, model, dtype, imageDir, home: workDir });
    const naive = await startNaive({ model, dtype, databaseUrl, text });
    const encoder = await loadEncoder({ model, modelDir: workDir, dtype, device: 'cpu' });
    try {
      for (const size of sizes)
        rows.push(await measure({ size, dtype, naive, ours, encoder, imageDir, log }));
    } finally {
      await encoder.close();
      await ours.stop();
      await naive.stop();
    }
  }
  return rows;
}

interface Case {
  size: (typeof sizes)[number];
  dtype: string;
  naive: Awaited<ReturnType<typeof startNaive>>;
  ours: Awaited<ReturnType<typeof startOurs>>;
  encoder: Encoder;
  imageDir: string;
  log: BenchContext['log'];
}

/** Seconds an image, in turns, so that what else the machine does falls on all alike; medians of the rounds. */
async function measure({ size, dtype, naive, ours, encoder, imageDir, log }: Case): Promise<BenchRow> {
  const pictures = await makePictures(size.width, size.height);
  const seconds: { decode: number; infer: number; ours: number; naive: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const day = `20${size.width === 1920 ? 24 : 25}-03-0${round + 1}`;
    const files = await layDay(imageDir, day, pictures, size.ours);
    const each = {
      decode: await timeDecode(pictures),
      infer: await timeInfer(encoder, pictures[0] as Buffer),
      ours: (await ours.run(day, size.ours)) / size.ours,
      naive: (await naive.run(files.slice(0, size.naive))) / size.naive,
    };
    const told = Object.entries(each).map(([what, time]) => `${what} ${(time * 1_000).toFixed(1)}`);
    log(`${size.name} ${dtype}, ${round === 0 ? 'warming up' : 'ms an image'}: ${told.join(', ')}`);
    if (round > 0) seconds.push(each);
  }
  const limits = seconds.map(({ decode, infer }) => decode + infer);
  return {
    id: 'P1',
    case: `${size.name} ${dtype}`,
    unit: 'images/s',
    ours: 1 / median(seconds.map((each) => each.ours)),
    naive: 1 / median(seconds.map((each) => each.naive)),
    limit: 1 / median(limits),
    vsNaive: median(seconds.map((each) => each.naive / each.ours)),
    vsLimit: median(seconds.map((each) => (each.decode + each.infer) / each.ours)),
    n: rounds * size.ours,
  };
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;

/** Seconds an image, all cores decoding. */
async function timeDecode(pictures: Buffer[]): Promise<number> {
  const many = Array.from({ length: 4 }, () => pictures).flat();
  const start = performance.now();
  await Promise.all(many.map((picture) => decodeImage(picture)));
  return (performance.now() - start) / 1_000 / many.length;
}

/** Seconds an image and its text, all cores in the model, full batches. */
async function timeInfer(encoder: Encoder, picture: Buffer): Promise<number> {
  const count = 6 * encoder.batchSize;
  const pixels = Array(count).fill(await decodeImage(picture));
  const start = performance.now();
  await encoder.embedImages(pixels);
  await encoder.embedTexts(Array(count).fill(text));
  return (performance.now() - start) / 1_000 / count;
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = createPool(serverUrl, { name: 'bench', max: 1 });
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}
