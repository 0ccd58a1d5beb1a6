import { setTimeout as wait } from 'node:timers/promises';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startWorkerGroup } from '../harness/worker-group.ts';

export const r2: Scenario = {
  id: 'R2',
  title: 'killed just before and just after COMMIT, and one poison image',
  async run(testbed) {
    // A batch whose workers died twice is processed image by image, and each image is another chance to die.
    const [batches, dieAtCommit] = testbed.full ? [56, 0.4] : [3, 0.15];
    const count = batches * 20;
    const keys = await writeDay(testbed, count);
    const poisonImage = keys[7] as string;
    const workers = startWorkerGroup(testbed, 3, {
      millisecondsPerImage: 1,
      leaseSeconds: 1,
      dieAtCommit,
      poisonImage,
    });
    await workers.ready();
    // Plan before any batch starts: a run whose worker dies four times while planning is dead-lettered too.
    const queue = testbed.queues.of('embed_batch');
    await queue.pause();
    await requestDay(testbed);
    while ((await queue.getJobCounts('waiting')).waiting !== batches) await wait(100);
    await queue.resume();
    const report = await dayReport(testbed, testbed.full ? 1_500 : 150);

    const dead = await deadLettered(testbed);
    const broken: string[] = [];
    if (!report) broken.push('no report in time');
    // An image that kills four workers is dead-lettered and reported as failed, as expected.
    else if (report.succeeded + dead.length !== count || report.failed !== dead.length)
      broken.push(
        `the report counts ${report.succeeded}+${report.failed}, with ${dead.length} dead-lettered`,
      );
    if (!dead.includes(poisonImage)) broken.push('the poison image was not dead-lettered');
    if (testbed.full && workers.deaths() < 200) broken.push(`only ${workers.deaths()} kills`);
    const others = keys.filter((key) => !dead.includes(key));
    const poisoned = dead.filter((key) => key === poisonImage).length;
    return {
      ...(await countVectors(testbed.pool, others)),
      recovered: workers.deaths(),
      broken,
      note: `${workers.deaths()} kills at COMMIT, ${report?.succeeded ?? 0} of ${count} images; dead-lettered: ${poisoned} poison image and ${dead.length - poisoned} others`,
    };
  },
};
