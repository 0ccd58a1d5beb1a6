import { join } from 'node:path';
import { decodeImage, type Encoder, identityText, loadEncoder } from '@mycelium/encoder';
import { createRandomClip } from '@mycelium/encoder/testing';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median } from './bench.ts';
import { startNaive } from './images/naive.ts';
import { type Ours, startOurs } from './images/ours.ts';
import { makePictures, writeDay } from './images/pictures.ts';

const rounds = 3;
const hd = { name: 'hd', width: 1920, height: 1080 };
const twelve = { name: '12mp', width: 4000, height: 3000 };
/** Images per round: a few seconds of work, so that the start and end of the day matter little. */
const cases = {
  q8: [
    { size: hd, ours: 240, naive: 16 },
    { size: twelve, ours: 120, naive: 6 },
  ],
  fp32: [
    { size: hd, ours: 80, naive: 8 },
    { size: twelve, ours: 80, naive: 6 },
  ],
};
const text = identityText({ room: '607', stage: 'normal', growthDay: 1 });

/**
 * P1: a day's images from files to rows with vectors, by the real worker with queue, store and database, on a
 * full-size ViT-B/32 with random weights. The limit is the sum of the work that needs the cores and cannot be avoided:
 * decoding, and the model's two towers in full batches, each measured alone on all cores. In q8 the day is measured
 * again from a store that takes 200 ms longer for every read.
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
    const store = { IMAGE_DIR: imageDir };
    const settings = { ...context, databaseUrl, model, dtype, store, home: workDir };
    const ours = await startOurs({ ...settings, name: `images-${dtype}` });
    const slowDisk = new URL(
      `./images/slow-disk.ts?${new URLSearchParams({ folder: imageDir, delay: '200' })}`,
      import.meta.url,
    );
    const slow =
      dtype === 'q8'
        ? await startOurs({ ...settings, name: `slow-${dtype}`, nodeOptions: ['--import', slowDisk.href] })
        : undefined;
    const naive = await startNaive({ model, dtype, databaseUrl, text });
    const encoder = await loadEncoder({ model, modelDir: workDir, dtype, device: 'cpu' });
    const workers = { ours, slow, naive };
    try {
      for (const count of cases[dtype])
        rows.push(...(await measure({ ...count, dtype, workers, encoder, imageDir, log })));
    } finally {
      await encoder.close();
      await ours.stop();
      await slow?.stop();
      await naive.stop();
    }
  }
  return rows;
}

interface Case {
  size: typeof hd;
  ours: number;
  naive: number;
  dtype: string;
  workers: { ours: Ours; slow: Ours | undefined; naive: Awaited<ReturnType<typeof startNaive>> };
  encoder: Encoder;
  imageDir: string;
  log: BenchContext['log'];
}

/** Seconds per image, measured alternately, so that other load affects all alike. Medians of the rounds. */
async function measure({
  size,
  dtype,
  workers,
  encoder,
  imageDir,
  log,
  ...count
}: Case): Promise<BenchRow[]> {
  const pictures = await makePictures(size.width, size.height);
  const measured: Record<'decode' | 'infer' | 'ours' | 'naive' | 'slow' | 'held', number>[] = [];
  for (let round = 0; round <= rounds; round++) {
    const write = (year: number) => writeDay(imageDir, dayOf(year), pictures, count.ours);
    const dayOf = (year: number) => `${year}-0${size === hd ? 3 : 4}-0${round + 1}`;
    const files = await write(2024);
    await workers.ours.metric('nodejs_eventloop_lag_p99_seconds');
    const ours = await embed(workers.ours, dayOf(2024), count.ours);
    const held = await workers.ours.metric('nodejs_eventloop_lag_p99_seconds');
    await write(2025);
    const each = {
      decode: await timeDecode(pictures),
      infer: await timeInfer(encoder, pictures[0] as Buffer),
      ours: ours / count.ours,
      naive: (await workers.naive.run(files.slice(0, count.naive))) / count.naive,
      slow: workers.slow ? (await embed(workers.slow, dayOf(2025), count.ours)) / count.ours : 0,
      held,
    };
    const figures = Object.entries(each).map(([what, seconds]) => `${what} ${(seconds * 1_000).toFixed(1)}`);
    log(`${size.name} ${dtype}, ${round === 0 ? 'warming up' : 'ms an image'}: ${figures.join(', ')}`);
    if (round > 0) measured.push(each);
  }
  const of = (value: (each: (typeof measured)[number]) => number) => median(measured.map(value));
  const name = `${size.name} ${dtype}`;
  const row = { id: 'P1', n: rounds * count.ours };
  const rows: BenchRow[] = [
    {
      ...row,
      case: name,
      unit: 'images/s',
      ours: 1 / of((each) => each.ours),
      naive: 1 / of((each) => each.naive),
      limit: 1 / of((each) => each.decode + each.infer),
      vsNaive: of((each) => each.naive / each.ours),
      vsLimit: of((each) => (each.decode + each.infer) / each.ours),
    },
    {
      ...row,
      case: `${name}: event loop held, p99`,
      unit: 'ms',
      ours: of((each) => each.held) * 1_000,
      naive: null,
      limit: 50,
      vsNaive: null,
      vsLimit: 0.05 / of((each) => each.held),
    },
  ];
  if (workers.slow) {
    rows.push({
      ...row,
      case: `${name}: 200 ms a read`,
      unit: 'images/s',
      ours: 1 / of((each) => each.slow),
      naive: null,
      limit: 1 / of((each) => each.ours),
      vsNaive: null,
      vsLimit: of((each) => each.ours / each.slow),
    });
  }
  return rows;
}

/** Seconds from the request for the day to its report. */
async function embed(worker: Ours, day: string, images: number): Promise<number> {
  const { seconds, report } = await worker.run(day, 'succeeded');
  const { succeeded } = report as { succeeded: number };
  if (succeeded !== images) throw new Error(`${succeeded} of ${images} images have a vector`);
  return seconds;
}

/** Seconds per image with all cores decoding. */
async function timeDecode(pictures: Buffer[]): Promise<number> {
  const many = Array.from({ length: 8 }, () => pictures).flat();
  const start = performance.now();
  await Promise.all(many.map((picture) => decodeImage(picture)));
  return (performance.now() - start) / 1_000 / many.length;
}

/** Seconds per image and text with all cores in the model and full batches. */
async function timeInfer(encoder: Encoder, picture: Buffer): Promise<number> {
  const count = 6 * encoder.batchSize;
  const pixels = Array(count).fill(await decodeImage(picture));
  const start = performance.now();
  await encoder.embedImages(pixels);
  await encoder.embedTexts(Array(count).fill(text));
  return (performance.now() - start) / 1_000 / count;
}
