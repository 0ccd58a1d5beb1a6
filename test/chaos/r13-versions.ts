import { setTimeout as wait } from 'node:timers/promises';
import { writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

export const r13: Scenario = {
  id: 'R13',
  title: 'old worker with newer payloads, new worker with old ones',
  async run(stage) {
    await writeDay(stage, 10);
    const worker = startStubWorker(stage, { name: 'worker', millisecondsPerImage: 1 });
    await worker.ready;
    const keys = ['601/20260101/601_1921681235_20251220_20260101000000.jpg'];
    const queue = stage.queues.of('embed_batch');
    const newer = await Promise.all([
      queue.add('embed_video', { version: 1, cause: 'manual', payload: { keys } }),
      queue.add('embed_batch', { version: 2, cause: 'manual', payload: { keys } }),
      queue.add('embed_batch', { version: 1, cause: 'manual', payload: { keys, focus: 'caps' } }),
    ]);
    // An older scheduler did not write `save`: its default is the worker's.
    const older = await queue.add('embed_batch', { version: 1, cause: 'manual', payload: { keys } });
    await wait(2_000);
    const broken: string[] = [];
    for (const { id } of newer) {
      const job = await queue.getJob(id as string);
      const state = await job?.getState();
      if (state !== 'delayed' || job?.attemptsMade !== 0)
        broken.push(`a newer payload is ${state} after ${job?.attemptsMade} attempts`);
    }
    if ((await older.getState()) !== 'completed')
      broken.push(`an older payload is ${await older.getState()}`);
    return {
      lost: 0,
      doubled: 0,
      refused: 0,
      recovered: newer.length,
      broken,
      note: '3 newer payloads parked, an older one done',
    };
  },
};
