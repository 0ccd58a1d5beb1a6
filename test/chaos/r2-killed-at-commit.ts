import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startCrew } from './worker-process.ts';

export const r2: Scenario = {
  id: 'R2',
  title: 'killed just before and just after COMMIT',
  async run(stage) {
    const wanted = stage.full ? 200 : 6;
    const batches = Math.ceil(wanted * 1.6);
    const count = batches * 20;
    await writeDay(stage, count);
    // One worker is dead half of the time: a batch dies once in two commits, at random on either side.
    const crew = startCrew(stage, 3, { millisecondsPerImage: 1, leaseSeconds: 1, dieAtCommit: 0.4 });
    await crew.ready();
    // Planned first: a run whose worker dies of its batches four times while it plans is set aside too.
    const queue = stage.queues.of('embed_batch');
    await queue.pause();
    await askForDay(stage);
    while ((await queue.getJobCounts('waiting')).waiting !== batches) await wait(100);
    await queue.resume();
    const report = await dayReport(stage, stage.full ? 1_500 : 150);
    const { lost, doubled, dead } = await tally(stage, count);
    const broken: string[] = [];
    if (!report) broken.push('no report in time');
    // A batch that killed its workers four times is set aside, as it should be; its images are told as failed.
    else if (report.succeeded + report.failed !== count)
      broken.push(`the report counts ${report.succeeded}+${report.failed}`);
    return {
      lost: lost - Math.min(lost, dead * 20),
      doubled,
      refused: 0,
      recovered: crew.deaths(),
      broken,
      note: `${crew.deaths()} kills at COMMIT, ${batches} batches, ${dead} set aside after 4 deaths each`,
    };
  },
};
