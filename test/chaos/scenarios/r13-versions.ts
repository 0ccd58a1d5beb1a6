import { setTimeout as wait } from 'node:timers/promises';
import { upsertImages } from '@mycelium/database';
import { parseImageKey } from '@mycelium/farm';
import { countVectors, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

export const r13: Scenario = {
  id: 'R13',
  title: 'old worker with newer payloads, new worker with old ones',
  async run(testbed) {
    await writeDay(testbed, 10);
    const worker = startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 1 });
    await worker.ready;
    const key = '601/20260101/601_1921681235_20251220_20260101000000.jpg';
    const keys = [key];
    const image = parseImageKey(key, { timeZone: 'UTC', aliases: {} });
    await upsertImages(testbed.pool, [{ ...image, etag: 'unknown', bytes: 1 }]);
    const queue = testbed.queues.of('embed_batch');
    const newer = await Promise.all([
      queue.add('embed_video', { version: 1, cause: 'manual', payload: { keys } }),
      queue.add('embed_batch', { version: 2, cause: 'manual', payload: { keys } }),
      queue.add('embed_batch', { version: 1, cause: 'manual', payload: { keys, focus: 'caps' } }),
    ]);
    // An older scheduler did not write `save`, so the worker's default applies.
    const older = await queue.add('embed_batch', { version: 1, cause: 'manual', payload: { keys } });
    await wait(2_000);
    const broken: string[] = [];
    let parked = 0;
    for (const { id } of newer) {
      const job = await queue.getJob(id as string);
      const state = await job?.getState();
      if (state !== 'delayed' || job?.attemptsMade !== 0)
        broken.push(`a newer payload is ${state} after ${job?.attemptsMade} attempts`);
      else parked++;
    }
    const olderState = await older.getState();
    if (olderState !== 'completed') broken.push(`an older payload is ${olderState}`);
    const { lost, doubled } = await countVectors(testbed.pool, keys);
    return {
      lost: lost + newer.length - parked,
      doubled,
      broken,
      note: `${parked} of ${newer.length} newer payloads parked; the older one ${olderState}`,
    };
  },
};
