import { setTimeout as wait } from 'node:timers/promises';
import { countVectors, dayReport, deadLettered, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';
import { startWorkerGroup } from '../harness/worker-group.ts';

/** The stub takes 50 ms per image; three workers share the images. */
export const r1: Scenario = {
  id: 'R1',
  title: 'workers killed (-9), one every 2 s',
  quiet: true,
  async run(testbed: Testbed) {
    const [count, maxKills] = testbed.full ? [5_000, Number.POSITIVE_INFINITY] : [300, 3];
    const keys = await writeDay(testbed, count);
    const workers = startWorkerGroup(testbed, 3, { millisecondsPerImage: 50, leaseSeconds: 2 });
    await workers.ready();
    const clean = await runCleanDay(testbed);

    let killing = true;
    const killer = (async () => {
      for (let kills = 0; killing && kills < maxKills; kills++) {
        await wait(2_000);
        // Wait for the replacement, which takes a moment on a busy machine, so that a working worker is killed.
        const victim = await workers.running(Math.floor(testbed.random() * 3));
        if (killing) victim.kill('SIGKILL');
      }
    })();
    const { report, seconds } = await runDay(testbed);
    killing = false;
    await killer;

    const dead = await deadLettered(testbed);
    const broken: string[] = [];
    if (workers.deaths() === 0) broken.push('no worker was killed');
    if (dead.length > 0) broken.push(`${dead.length} images dead-lettered`);
    if (clean.report?.succeeded !== count)
      broken.push(`without kills the report says ${clean.report?.succeeded} of ${count}`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    const times = (seconds / clean.seconds).toFixed(2);
    // The short form ends before a dead worker's lock expires, so its time proves nothing.
    if (testbed.full && seconds > 1.6 * clean.seconds) broken.push(`${times}× the time without kills`);
    return {
      ...(await countVectors(testbed.pool, keys)),
      recovered: workers.deaths(),
      broken,
      note: `${report?.succeeded ?? 0} of ${count} images, ${workers.deaths()} kills, ${seconds.toFixed(0)} s, ${times}× the ${clean.seconds.toFixed(0)} s of the same day without kills`,
    };
  },
};

async function runDay(testbed: Testbed) {
  const began = Date.now();
  await requestDay(testbed);
  const report = await dayReport(testbed, testbed.full ? 400 : 120);
  return { report, seconds: (Date.now() - began) / 1_000 };
}

/** Measures the same day with the same workers and removes its results. */
async function runCleanDay(testbed: Testbed) {
  const day = await runDay(testbed);
  await testbed.pool.query('truncate image, runs cascade');
  return day;
}
