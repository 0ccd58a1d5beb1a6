import { setTimeout as wait } from 'node:timers/promises';
import { createRandomClip } from '@mycelium/encoder/testing';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

export const r4: Scenario = {
  id: 'R4',
  title: 'the model answers nothing for a minute, with batches in hand',
  async run(stage) {
    const [busySeconds, leaseSeconds] = stage.full ? [60, 15] : [6, 2];
    const count = 100;
    await writeDay(stage, count);
    const modelFolder = `${stage.folder}/model`;
    await createRandomClip(modelFolder, { size: 'tiny', dtype: 'fp32', seed: 4 });
    const told = { name: 'worker', millisecondsPerImage: 0, concurrency: 3, leaseSeconds, modelFolder };
    const { modelPid } = await startStubWorker(stage, told).ready;
    if (!modelPid) throw new Error('the worker has no model process');

    // A run of the model blocks its process for as long as it takes; one that is stopped answers as little.
    process.kill(modelPid, 'SIGSTOP');
    await askForDay(stage);
    await wait(busySeconds * 1_000);
    const { rows } = await stage.pool.query<{ name: string }>(
      `select name from lease where name like 'embed_batch/%' and until > now()`,
    );
    process.kill(modelPid, 'SIGCONT');
    const report = await dayReport(stage, 60);

    const batches = await stage.queues.of('embed_batch').getCompleted();
    const stalled = batches.filter((batch) => batch.stalledCounter > 0 || batch.attemptsStarted > 1);
    const { lost, doubled, dead } = await tally(stage, count);
    const broken: string[] = [];
    if (rows.length !== 3) broken.push(`${rows.length} batches were in hand, not 3`);
    if (stalled.length + dead.length > 0)
      broken.push(`${stalled.length} batches stalled, ${dead.length} images set aside`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    return {
      lost,
      doubled,
      refused: 0,
      recovered: 1,
      broken,
      note: `busy for ${busySeconds} s with locks of ${leaseSeconds} s: ${stalled.length} of ${batches.length} batches stalled`,
    };
  },
};
