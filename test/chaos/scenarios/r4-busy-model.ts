import { setTimeout as wait } from 'node:timers/promises';
import { createRandomClip } from '@mycelium/encoder/testing';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

export const r4: Scenario = {
  id: 'R4',
  title: 'the model does not answer for a minute, with batches in progress',
  async run(testbed) {
    const [busySeconds, leaseSeconds] = testbed.full ? [60, 15] : [6, 2];
    const count = 100;
    const keys = await writeDay(testbed, count);
    const modelFolder = `${testbed.folder}/model`;
    await createRandomClip(modelFolder, { size: 'tiny', dtype: 'fp32', seed: 4 });
    const { modelPid } = await startStubWorker(testbed, {
      ...{ name: 'worker', millisecondsPerImage: 0, concurrency: 3, leaseSeconds, modelFolder },
    }).ready;
    if (!modelPid) throw new Error('the worker has no model process');

    // A long inference blocks the model's process. Stopping the process has the same effect: it does not answer.
    process.kill(modelPid, 'SIGSTOP');
    await requestDay(testbed);
    await wait(busySeconds * 1_000);
    const { rows: inProgress } = await testbed.pool.query<{ name: string }>(
      `select name from lease where name like 'embed_batch/%' and until > now()`,
    );
    process.kill(modelPid, 'SIGCONT');
    const report = await dayReport(testbed, 60);

    const batches = await testbed.queues.of('embed_batch').getCompleted();
    const stalled = batches.filter((batch) => batch.stalledCounter > 0 || batch.attemptsStarted > 1);
    const dead = await deadLettered(testbed);
    const broken: string[] = [];
    if (inProgress.length !== 3) broken.push(`${inProgress.length} batches were in progress, not 3`);
    if (stalled.length + dead.length > 0)
      broken.push(`${stalled.length} batches stalled, ${dead.length} images dead-lettered`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    return {
      ...(await countVectors(testbed.pool, keys)),
      recovered: report ? 1 : 0,
      broken,
      note: `busy for ${busySeconds} s with ${inProgress.length} batches in progress and locks of ${leaseSeconds} s: ${stalled.length} of ${batches.length} batches stalled`,
    };
  },
};
