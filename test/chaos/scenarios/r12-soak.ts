import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { startServices } from '@mycelium/embedded';
import { countVectors, dayReport, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { type StubWorker, startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

/** Redis keeps this many finished batches. Until then its memory is expected to grow. */
const keptBatches = 5_000;
const imagesPerBatch = 5;
/** A worker that leaks one vector per image grows by 10 kB per batch. In the short form it is still warming up. */
const maxWorkerBytesPerBatch = { short: 8_000, full: 2_000 };
/** A finished batch with its keys and report takes about 2 kB. */
const maxRedisBytesPerKeptBatch = 6_000;

export const r12: Scenario = {
  id: 'R12',
  title: 'soak: memory of worker and Redis after warm-up',
  beside: true,
  async run(outer) {
    // Use a separate Redis, so that the jobs of other scenarios do not count.
    const services = await startServices({ home: await outer.home(), redis: true, postgres: false });
    outer.onEnd(() => services.stop());
    const testbed = await openTestbed(outer, {
      databaseUrl: outer.databaseUrl,
      redisUrl: services.redisUrl as string,
    });
    const keys = await writeDay(testbed, 50);
    const worker = startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 0, concurrency: 3 });
    await worker.ready;
    await requestDay(testbed);
    await dayReport(testbed, 60);
    const outcome = outer.full ? await soak(testbed, worker) : await shortSoak(testbed, worker);
    const failed = await testbed.queues.of('embed_batch').getFailedCount();
    if (failed > 0) outcome.broken.push(`${failed} batches failed`);
    return { ...outcome, ...(await countVectors(testbed.pool, keys)) };
  },
};

/**
 * Measures the growth of the worker (after a garbage collection) and of Redis per batch. The second largest growth of
 * four stretches counts: a leak grows in every stretch, while a process sometimes releases megabytes.
 */
async function shortSoak(testbed: Testbed, worker: StubWorker) {
  const [warmUp, stretch, stretches] = [50, 50, 4];
  const before = await batchesDone(testbed);
  await embedAgain(testbed, warmUp);
  const inUse = [await worker.heapBytes()];
  const redisBefore = await redisBytes(testbed);
  for (let n = 0; n < stretches; n++) {
    await embedAgain(testbed, stretch);
    inUse.push(await worker.heapBytes());
  }
  const growths = inUse.slice(1).map((bytes, n) => (bytes - (inUse[n] as number)) / stretch);
  const workerGrowth = growths.toSorted((a, b) => b - a)[1] as number;
  const redisGrowth = ((await redisBytes(testbed)) - redisBefore) / (stretches * stretch);
  testbed.log(`bytes a batch in each stretch: ${growths.map((bytes) => bytes.toFixed(0)).join(', ')}`);
  const broken: string[] = [];
  if (!(workerGrowth <= maxWorkerBytesPerBatch.short))
    broken.push(`the worker grew by ${workerGrowth.toFixed(0)} bytes a batch`);
  if (!(redisGrowth <= maxRedisBytesPerKeptBatch))
    broken.push(`Redis grew by ${redisGrowth.toFixed(0)} bytes a batch`);
  return {
    broken,
    note: `${(await batchesDone(testbed)) - before} batches; per batch the worker grew by ${workerGrowth.toFixed(0)} bytes, Redis by ${redisGrowth.toFixed(0)}`,
  };
}

/** Embeds the same few images again in the given number of batches and waits for all of them. */
async function embedAgain(testbed: Testbed, batches: number): Promise<void> {
  const goal = (await batchesDone(testbed)) + batches;
  await testbed.queues.enqueueAll('embed_batch', await someBatches(testbed, batches));
  const until = Date.now() + 120_000;
  while ((await batchesDone(testbed)) < goal) {
    if (Date.now() > until) throw new Error(`${batches} batches were not done within two minutes`);
    await wait(50);
  }
}

const batchesDone = ({ queues }: Testbed) =>
  queues.of('embed_batch').getJobCountByTypes('completed', 'failed');

async function someBatches({ pool }: Testbed, count: number) {
  const { rows } = await pool.query<{ key: string }>('select key from image order by key limit $1', [
    imagesPerBatch,
  ]);
  const keys = rows.map(({ key }) => key);
  return Array.from({ length: count }, () => ({ payload: { keys } }));
}

async function soak(testbed: Testbed, worker: StubWorker) {
  const [seconds, everySeconds, batchesPerSecond] = [1_200, 5, 15];
  const began = Date.now();
  const queue = testbed.queues.of('embed_batch');
  const batches = await someBatches(testbed, batchesPerSecond * everySeconds);
  const samples: Sample[] = [];
  let requested = 0;
  let warmHeap: { bytes: number; requested: number } | undefined;
  while (Date.now() - began < seconds * 1_000) {
    const { waiting = 0, completed = 0 } = await queue.getJobCounts('waiting', 'completed');
    // On a slow machine, waiting batches must not be measured.
    if (waiting < batches.length) {
      await testbed.queues.enqueueAll('embed_batch', batches);
      requested += batches.length;
    }
    samples.push({
      at: Date.now() - began,
      kept: completed,
      worker: await residentMegabytes(worker),
      redis: (await redisBytes(testbed)) / 2 ** 20,
    });
    if (!warmHeap && completed >= 0.98 * keptBatches)
      warmHeap = { bytes: await worker.heapBytes(), requested };
    if (samples.length % 24 === 0) testbed.log(describe(samples.at(-1) as Sample, requested));
    await wait(everySeconds * 1_000);
  }
  const heapGrowth = warmHeap
    ? ((await worker.heapBytes()) - warmHeap.bytes) / (requested - warmHeap.requested)
    : Number.NaN;
  return judge(samples, { seconds, elapsed: (Date.now() - began) / 1_000, requested, heapGrowth });
}

interface Sample {
  at: number;
  kept: number;
  worker: number;
  redis: number;
}

function judge(
  samples: Sample[],
  {
    seconds,
    elapsed,
    requested,
    heapGrowth,
  }: { seconds: number; elapsed: number; requested: number; heapGrowth: number },
) {
  const warm = samples.filter(({ at, kept }) => at > seconds * 300 && kept >= 0.98 * keptBatches);
  // Redis stays level. A process's memory varies by a third, so compare its peaks.
  const redis = growth(warm.map((sample) => sample.redis));
  const worker = growth(samples.map((sample) => sample.worker));
  const broken: string[] = [];
  if (warm.length < 60) broken.push(`the warm-up took all but ${warm.length} samples`);
  if (!(worker <= 1.1)) broken.push(`the worker grew ${worker.toFixed(2)}×`);
  if (!(redis <= 1.1)) broken.push(`Redis grew ${redis.toFixed(2)}×`);
  if (!(heapGrowth <= maxWorkerBytesPerBatch.full))
    broken.push(`the worker grew by ${heapGrowth.toFixed(0)} bytes a batch`);
  const last = samples.at(-1) as Sample;
  return {
    broken,
    note: `${elapsed.toFixed(0)} s, ${requested} batches queued; worker ${last.worker.toFixed(0)} MB, Redis ${last.redis.toFixed(0)} MB; grew ${worker.toFixed(2)}× and ${redis.toFixed(2)}×; ${heapGrowth.toFixed(0)} bytes a batch stay in use`,
  };
}

function describe({ at, worker, redis }: Sample, requested: number): string {
  const megabytes = `worker ${worker.toFixed(0)} MB, Redis ${redis.toFixed(1)} MB`;
  return `after ${Math.round(at / 1_000)} s: ${requested} batches, ${megabytes}`;
}

async function residentMegabytes({ child }: StubWorker): Promise<number> {
  const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}

async function redisBytes({ connection }: Testbed): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await connection.redis.info('memory'))?.[1]);
}

/** The ratio of the peak of the last third to the peak of the first. */
function growth(values: number[]): number {
  const third = Math.ceil(values.length / 3);
  return peak(values.slice(-third)) / peak(values.slice(0, third));
}

/** The 90th percentile. */
function peak(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(0.9 * values.length)] ?? Number.NaN;
}
