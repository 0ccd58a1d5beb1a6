import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startCrew } from './worker-process.ts';

export const r2: Scenario = {
  id: 'R2',
  title: 'killed just before and just after COMMIT, and one image that kills',
  async run(stage) {
    // What dies twice is done image by image, with a chance to die at each.
    const [batches, dieAtCommit] = stage.full ? [40, 0.4] : [3, 0.15];
    const count = batches * 20;
    const keys = await writeDay(stage, count);
    const poisonImage = keys[7] as string;
    // At random on either side of a commit.
    const told = { millisecondsPerImage: 1, leaseSeconds: 1, dieAtCommit, poisonImage };
    const crew = startCrew(stage, 3, told);
    await crew.ready();
    // Planned first: a run whose worker dies of its batches four times while it plans is set aside too.
    const queue = stage.queues.of('embed_batch');
    await queue.pause();
    await askForDay(stage);
    while ((await queue.getJobCounts('waiting')).waiting !== batches) await wait(100);
    await queue.resume();
    const report = await dayReport(stage, stage.full ? 1_500 : 150);

    const { doubled, dead } = await tally(stage, count);
    const { rows: without } = await stage.pool.query<{ key: string }>(
      'select key from image where not exists (select from image_embedding e where e.image_id = image.id)',
    );
    const broken: string[] = [];
    if (!report) broken.push('no report in time');
    // In whose hands workers die four times is set aside, as it should be: it is told as failed.
    else if (report.succeeded + dead.length !== count || report.failed !== dead.length)
      broken.push(`the report counts ${report.succeeded}+${report.failed}, with ${dead.length} set aside`);
    if (!dead.includes(poisonImage)) broken.push('the poison image was not quarantined');
    if (stage.full && crew.deaths() < 200) broken.push(`only ${crew.deaths()} kills`);
    return {
      lost: without.filter(({ key }) => !dead.includes(key)).length,
      doubled,
      refused: 0,
      recovered: crew.deaths(),
      broken,
      note: `${crew.deaths()} kills at COMMIT, ${count} images; set aside after 4 deaths each: the deadly image and ${dead.length - 1} others`,
    };
  },
};
