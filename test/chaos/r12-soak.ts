import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

export const r12: Scenario = {
  id: 'R12',
  title: 'soak: memory of worker and Redis after warm-up',
  async run(stage) {
    const seconds = stage.full ? 1_200 : 20;
    await writeDay(stage, 200);
    const worker = startStubWorker(stage, { name: 'worker', millisecondsPerImage: 0, concurrency: 3 });
    await worker.ready;
    const keys = Array.from(
      { length: 5 },
      (_, n) => `601/20260101/601_1921681235_20251220_2026010100${String(n).padStart(2, '0')}00.jpg`,
    );
    const rss = async () => {
      const status = await readFile(`/proc/${worker.child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
    };
    const redis = async () =>
      Number(/used_memory:(\d+)/.exec(await stage.connection.redis.info('memory'))?.[1]) / 2 ** 20;

    const began = Date.now();
    const samples: { at: number; rss: number; redis: number }[] = [];
    let done = 0;
    while (Date.now() - began < seconds * 1_000) {
      const { waiting = 0 } = await stage.queues.of('embed_batch').getJobCounts('waiting');
      if (waiting < 100)
        await stage.queues.enqueueAll(
          'embed_batch',
          Array.from({ length: 100 }, () => ({ payload: { keys } })),
        );
      done += 100;
      samples.push({ at: Date.now() - began, rss: await rss(), redis: await redis() });
      await wait(seconds * 5);
    }
    const half = samples.filter(({ at }) => at > seconds * 500);
    const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
    const third = Math.floor(half.length / 3);
    const growth = (of: 'rss' | 'redis') =>
      middle(half.slice(-third).map((s) => s[of])) / middle(half.slice(0, third).map((s) => s[of]));
    const broken: string[] = [];
    // Twenty seconds are all warm-up: only the long form can tell a leak.
    if (stage.full && growth('rss') > 1.1) broken.push(`the worker grew ${growth('rss').toFixed(2)}×`);
    if (stage.full && growth('redis') > 1.1) broken.push(`Redis grew ${growth('redis').toFixed(2)}×`);
    const last = samples.at(-1);
    return {
      lost: 0,
      doubled: 0,
      refused: 0,
      recovered: 0,
      broken,
      note: `${seconds} s, about ${done} batches asked for; worker ${last?.rss.toFixed(0)} MB (${growth('rss').toFixed(2)}×), Redis ${last?.redis.toFixed(0)} MB (${growth('redis').toFixed(2)}×)`,
    };
  },
};
