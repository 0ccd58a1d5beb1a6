import { join } from 'node:path';
import { createRandomClip } from '@mycelium/encoder/testing';
import { type Bench, type BenchContext, type BenchRow, createDatabase } from './bench.ts';
import { startOurs } from './images/ours.ts';
import { startBucket } from './plan/bucket.ts';

const sizes = [100_000, 300_000, 1_000_000];
const maxMegabytes = 300;

/**
 * P7: the real worker plans days with more and more images: lists them from S3, writes them to the database, compares
 * them with the vectors and enqueues batches. Planning is linear if the rate stays the same as for the smallest day.
 * The worker's memory must not grow with the size of the day.
 */
export const bench: Bench = { name: 'plan', ids: ['P7'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const { workDir, log } = context;
  const model = join(workDir, 'tiny');
  await createRandomClip(model, { size: 'tiny', dtype: 'fp32', seed: 1 });
  const databaseUrl = await createDatabase(context.databaseUrl, 'bench_plan');
  const bucket = await startBucket();
  const measured: { size: number; rate: number; megabytes: number }[] = [];
  try {
    for (const [at, size] of sizes.entries()) {
      const day = `2024-03-0${at + 1}`;
      bucket.hold(day, size);
      const settings = {
        ...context,
        databaseUrl,
        model,
        dtype: 'fp32',
        home: workDir,
        store: bucket.settings,
      };
      const worker = await startOurs({ ...settings, name: 'plan' });
      try {
        await worker.queues.of('embed_batch').pause();
        let bytes = 0;
        let asked = 0;
        const { seconds } = await worker.run(day, 'waiting', async () => {
          if (asked++ % 10 > 0) return;
          bytes = Math.max(bytes, await worker.metric('process_resident_memory_bytes'));
        });
        const { waiting = 0 } = await worker.queues.of('embed_batch').getJobCounts('waiting');
        if (waiting * 20 !== size) throw new Error(`${waiting} batches are planned of ${size} images`);
        log(`${size} images planned in ${seconds.toFixed(1)} s, at most ${(bytes / 1e6).toFixed(0)} MB`);
        measured.push({ size, rate: size / seconds, megabytes: bytes / 1e6 });
      } finally {
        await worker.stop();
      }
    }
  } finally {
    await bucket.stop();
  }
  const first = measured[0]?.rate as number;
  return measured.flatMap(({ size, rate, megabytes }) => {
    const row = { id: 'P7', naive: null, vsNaive: null, n: size };
    const name = `${size.toLocaleString('en')} images`;
    return [
      { ...row, case: name, unit: 'images/s', ours: rate, limit: first, vsLimit: rate / first },
      {
        ...row,
        case: `${name}: memory`,
        unit: 'MB',
        ours: megabytes,
        limit: maxMegabytes,
        vsLimit: maxMegabytes / megabytes,
      },
    ];
  });
}
