import { join } from 'node:path';
import { createPool } from '@mycelium/database';
import { decodeImage, type Encoder, loadEncoder } from '@mycelium/encoder';
import { createRandomClip } from '@mycelium/encoder/demo-model';
import type { Bench, BenchContext, BenchRow } from './bench.ts';
import { startNaive } from './images/naive.ts';
import { startOurs } from './images/ours.ts';
import { layDay, makePictures } from './images/pictures.ts';

const rounds = 3;
const sizes = [
  { name: 'hd', width: 1920, height: 1080, ours: 160, naive: 16 },
  { name: '12mp', width: 4000, height: 3000, ours: 100, naive: 8 },
];

/**
 * P1: a day's images from files to rows with vectors, by the real worker with queue, store and database, on a
 * full-size ViT-B/32 with made-up weights. The limit is the sum of the two things that need the cores: decoding
 * on all of them, and the model on all of them, each measured alone.
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
    const naive = await startNaive({ model, dtype, databaseUrl });
    const encoder = await loadEncoder({ model, modelDir: workDir, dtype, device: 'cpu' });
    try {
      for (const size of sizes) {
        rows.push(await measure({ size, dtype, naive, ours, encoder, imageDir, log }));
      }
    } finally {
      await encoder.close();
      await ours.stop();
      await naive.stop();
    }
  }
  return rows;
}

async function measure({
  size,
  dtype,
  naive,
  ours,
  encoder,
  imageDir,
  log,
}: {
  size: (typeof sizes)[number];
  dtype: string;
  naive: Awaited<ReturnType<typeof startNaive>>;
  ours: Awaited<ReturnType<typeof startOurs>>;
  encoder: Encoder;
  imageDir: string;
  log: BenchContext['log'];
}): Promise<BenchRow> {
  const pictures = await makePictures(size.width, size.height);
  const days = Array.from({ length: rounds + 1 }, (_, n) => `20${(size.width % 90) + 10}-03-0${n + 1}`);
  const seconds = { ours: 0, naive: 0, decode: 0, infer: 0 };
  for (const [round, day] of days.entries()) {
    const files = await layDay(imageDir, day, pictures, size.ours);
    const once = {
      decode: await timeDecode(pictures),
      infer: await timeInfer(encoder, pictures[0] as Buffer),
      ours: (await ours.run(day, size.ours)) / size.ours,
      naive: (await naive.run(files.slice(0, size.naive))) / size.naive,
    };
    const told = Object.entries(once).map(([what, each]) => `${what} ${(each * 1_000).toFixed(1)}`);
    log(`${size.name} ${dtype}${round === 0 ? ', warming up' : ''}, ms an image: ${told.join(', ')}`);
    if (round === 0) continue;
    for (const what of ['ours', 'naive', 'decode', 'infer'] as const) seconds[what] += once[what] / rounds;
  }
  const limit = 1 / (seconds.decode + seconds.infer);
  return {
    id: 'P1',
    case: `${size.name} ${dtype}`,
    unit: 'images/s',
    ours: 1 / seconds.ours,
    naive: 1 / seconds.naive,
    limit,
    vsNaive: seconds.naive / seconds.ours,
    vsLimit: 1 / seconds.ours / limit,
    n: rounds * size.ours,
  };
}

/** Seconds an image, all cores decoding. */
async function timeDecode(pictures: Buffer[]): Promise<number> {
  const many = Array.from({ length: 3 }, () => pictures).flat();
  const start = performance.now();
  await Promise.all(many.map((picture) => decodeImage(picture)));
  return (performance.now() - start) / 1_000 / many.length;
}

/** Seconds an image, all cores in the model, full batches. */
async function timeInfer(encoder: Encoder, picture: Buffer): Promise<number> {
  const pixels = Array(6 * encoder.batchSize).fill(await decodeImage(picture));
  const start = performance.now();
  await encoder.embedImages(pixels);
  return (performance.now() - start) / 1_000 / pixels.length;
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = createPool(serverUrl, { name: 'bench', max: 1 });
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}
