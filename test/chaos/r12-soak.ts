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
    const seconds = outer.full ? 1_200 : 12;
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
    // A few seconds are all warm-up: only the long form can tell a leak.
    const measured = outer.full ? warm : samples;
    const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const third = Math.floor(measured.length / 3);
    const growth = (of: 'rss' | 'redis') =>
      middle(measured.slice(-third).map((s) => s[of])) / middle(measured.slice(0, third).map((s) => s[of]));
    const broken: string[] = [];
    if (stage.full && warm.length < 60) broken.push(`the warm-up took all but ${warm.length} samples`);
    if (stage.full && growth('rss') > 1.1) broken.push(`the worker grew ${growth('rss').toFixed(2)}×`);
    if (stage.full && growth('redis') > 1.1) broken.push(`Redis grew ${growth('redis').toFixed(2)}×`);
    const last = samples.at(-1);
    return {
      lost: 0,
      doubled: 0,
      refused: 0,
      recovered: 0,
      broken,
      note: `${seconds} s, ${asked} batches; worker ${last?.rss.toFixed(0)} MB (${growth('rss').toFixed(2)}×), Redis ${last?.redis.toFixed(0)} MB (${growth('redis').toFixed(2)}×)`,
    };
  },
};
