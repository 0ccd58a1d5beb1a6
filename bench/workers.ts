import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, findRun, migrate } from '@mycelium/database';
import { photographAs } from '@mycelium/encoder/testing';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';
import { writeDay } from './images/pictures.ts';

const stub = new URL('../test/tools/stub-worker.ts', import.meta.url).pathname;
const millisecondsPerImage = 100;
/** Six batches per worker. Includes the cost of planning and reporting, once per run. */
const imagesPerWorker = 120;
const sizes = [1, 2, 4, 8];
const rounds = 1;

/**
 * P8: 1, 2, 4 and 8 image workers on one Redis and one PostgreSQL. Each process is the real worker with a stub that
 * waits in place of the model, so that the machine's cores are not the bottleneck. Each gets the same number of images.
 */
export const bench: Bench = { name: 'workers', ids: ['P8'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const { workDir, log } = context;
  const databaseUrl = await createDatabase(context.databaseUrl, 'bench_workers');
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const prefix = `{bench-workers-${process.pid}}`;
  const servers = { databaseUrl, redisUrl: context.redisUrl, prefix };
  const queues = createQueues(
    connect(
      {
        REDIS_URL: context.redisUrl,
        REDIS_PREFIX: prefix,
        REDIS_CONNECT_TIMEOUT: 5_000,
        REDIS_COMMAND_TIMEOUT: 5_000,
      },
      () => {},
    ),
  );
  const imageDir = join(workDir, 'images');
  const pictures = [await photographAs('jpeg', 64, 64, 1)];
  let days = 0;

  /** Images per second, from the request for a day to its report. */
  async function runDay(images: number): Promise<number> {
    const day = new Date(Date.UTC(2026, 0, 1 + days++)).toISOString().slice(0, 10);
    await writeDay(imageDir, day, pictures, images);
    const slot = new Date(Date.parse(`${day}T03:02:25Z`) + 86_400_000);
    const seconds = await time(async () => {
      await enqueueSlot(queues, 'daily_clip_inference', slot, 'manual', {});
      for (;;) {
        const run = await findRun(pool, 'daily_clip_inference', slot);
        if (run?.status === 'failed') throw new Error(`the day failed: ${run.error}`);
        if (run?.status === 'succeeded') {
          const { succeeded } = run.report as { succeeded: number };
          if (succeeded !== images) throw new Error(`${succeeded} of ${images} images have a vector`);
          return;
        }
        await wait(20);
      }
    });
    return images / seconds;
  }

  const workers: Awaited<ReturnType<typeof startStub>>[] = [];
  const rates = new Map<number, number>();
  try {
    for (const size of sizes) {
      const started = Array.from({ length: size - workers.length }, (_, n) =>
        startStub(`stub-${workers.length + n + 1}`, { ...servers, store: { IMAGE_DIR: imageDir } }),
      );
      workers.push(...(await Promise.all(started)));
      await runDay(20 * size); // every process has loaded what it needs
      const measured: number[] = [];
      for (let round = 0; round < rounds; round++) measured.push(await runDay(imagesPerWorker * size));
      rates.set(size, median(measured));
      log(`${size} workers: ${median(measured).toFixed(1)} images/s`);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
    await queues.close();
    await pool.end();
  }
  const one = rates.get(1) as number;
  return sizes.map((size) => {
    const ours = rates.get(size) as number;
    return {
      id: 'P8',
      case: `${size} workers`,
      unit: 'images/s',
      ours,
      naive: one,
      limit: size * one,
      vsNaive: ours / one,
      vsLimit: ours / one / size,
      n: rounds * size * imagesPerWorker,
    };
  });
}

/** Resolves when it takes jobs. */
export async function startStub(
  name: string,
  settings: {
    databaseUrl: string;
    redisUrl: string;
    prefix: string;
    store: { IMAGE_DIR: string };
    millisecondsPerImage?: number;
  },
) {
  const child = spawn(process.execPath, [stub, JSON.stringify({ name, millisecondsPerImage, ...settings })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('"taking jobs"')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`a worker ended with ${code}`)));
  });
  return {
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
