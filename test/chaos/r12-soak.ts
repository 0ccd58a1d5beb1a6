import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { startServices } from '@mycelium/embedded';
import { askForDay, dayReport, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { openStage } from './stage.ts';
import { startStubWorker } from './worker-process.ts';

/** More finished batches than Redis keeps (5,000) are done well before the half that is measured begins. */
const batchesPerSecond = 12;

export const r12: Scenario = {
  id: 'R12',
  title: 'soak: memory of worker and Redis after warm-up',
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
    const samples: { at: number; rss: number; redis: number }[] = [];
    let asked = 0;
    while (Date.now() - began < seconds * 1_000) {
      const batches = Array.from({ length: batchesPerSecond * everySeconds }, () => ({ payload: { keys } }));
      await stage.queues.enqueueAll('embed_batch', batches);
      asked += batches.length;
      samples.push({ at: Date.now() - began, rss: await rss(), redis: await redis() });
      await wait(everySeconds * 1_000);
    }
    const half = samples.filter(({ at }) => at > seconds * 500);
    const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const third = Math.floor(half.length / 3);
    const growth = (of: 'rss' | 'redis') =>
      middle(half.slice(-third).map((s) => s[of])) / middle(half.slice(0, third).map((s) => s[of]));
    const broken: string[] = [];
    // A few seconds are all warm-up: only the long form can tell a leak.
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
