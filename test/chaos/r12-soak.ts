import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { startServices } from '@mycelium/embedded';
import { askForDay, dayReport, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { openStage } from './stage.ts';
import { startStubWorker } from './worker-process.ts';

const batchesPerSecond = 15;
/** Redis keeps so many finished batches: until then its memory grows, as it should. */
const keptBatches = 5_000;

export const r12: Scenario = {
  id: 'R12',
  title: 'soak: memory of worker and Redis after warm-up',
  beside: true,
  async run(outer) {
    const seconds = outer.full ? 1_200 : 6;
    const everySeconds = outer.full ? 5 : 1;
    // A Redis of its own: what others keep in theirs must not count.
    const services = await startServices({ home: await outer.home(), redis: true, postgres: false });
    outer.onEnd(() => services.stop());
    const stage = await openStage(outer, {
      databaseUrl: outer.databaseUrl,
      redisUrl: services.redisUrl as string,
    });
    await writeDay(stage, 50);
    const worker = startStubWorker(stage, { name: 'worker', millisecondsPerImage: 0, concurrency: 3 });
    await worker.ready;
    await askForDay(stage);
    await dayReport(stage, 60);
    const { rows } = await stage.pool.query<{ key: string }>('select key from image order by key limit 5');
    const keys = rows.map(({ key }) => key);
    const rss = async () => {
      const status = await readFile(`/proc/${worker.child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
    };
    const redis = async () =>
      Number(/used_memory:(\d+)/.exec(await stage.connection.redis.info('memory'))?.[1]) / 2 ** 20;

    const began = Date.now();
    const queue = stage.queues.of('embed_batch');
    const samples: { at: number; kept: number; rss: number; redis: number }[] = [];
    let asked = 0;
    while (Date.now() - began < seconds * 1_000) {
      const { waiting = 0, completed = 0 } = await queue.getJobCounts('waiting', 'completed');
      const batches = Array.from({ length: batchesPerSecond * everySeconds }, () => ({ payload: { keys } }));
      // A slow machine must not be measured by what waits.
      if (waiting < batches.length) {
        await stage.queues.enqueueAll('embed_batch', batches);
        asked += batches.length;
      }
      samples.push({ at: Date.now() - began, kept: completed, rss: await rss(), redis: await redis() });
      if (samples.length % 24 === 0) {
        const { at, ...now } = samples.at(-1) as (typeof samples)[number];
        const megabytes = `worker ${now.rss.toFixed(0)} MB, Redis ${now.redis.toFixed(1)} MB`;
        stage.say(`after ${Math.round(at / 1_000)} s: ${asked} batches, ${megabytes}`);
      }
      await wait(everySeconds * 1_000);
    }
    const warm = samples.filter(({ at, kept }) => at > seconds * 300 && kept >= 0.98 * keptBatches);
    // Redis holds what it holds; a process's memory goes up and down by a third, so that its heights are compared.
    const growth = {
      redis:
        height(lastThird(warm).map(({ redis }) => redis)) /
        height(firstThird(warm).map(({ redis }) => redis)),
      worker:
        height(lastThird(samples).map(({ rss }) => rss)) / height(firstThird(samples).map(({ rss }) => rss)),
    };
    const broken: string[] = [];
    if (stage.full && warm.length < 60) broken.push(`the warm-up took all but ${warm.length} samples`);
    // A few seconds are all warm-up: only the long form can tell a leak.
    if (stage.full && !(growth.worker <= 1.1)) broken.push(`the worker grew ${growth.worker.toFixed(2)}×`);
    if (stage.full && !(growth.redis <= 1.1)) broken.push(`Redis grew ${growth.redis.toFixed(2)}×`);
    const last = samples.at(-1);
    return {
      lost: 0,
      doubled: 0,
      refused: 0,
      recovered: 0,
      broken,
      note: `${seconds} s, ${asked} batches; worker ${last?.rss.toFixed(0)} MB, Redis ${last?.redis.toFixed(0)} MB${stage.full ? `; grew ${growth.worker.toFixed(2)}× and ${growth.redis.toFixed(2)}×` : ''}`,
    };
  },
};

const firstThird = <T>(all: T[]): T[] => all.slice(0, Math.ceil(all.length / 3));
const lastThird = <T>(all: T[]): T[] => all.slice(-Math.ceil(all.length / 3));

/** What nine in ten stay below. */
function height(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(0.9 * values.length)] ?? Number.NaN;
}
