import { setTimeout as wait } from 'node:timers/promises';
import { askForDay, dayReport, tally, writeDay } from './images.ts';
import type { Scenario, Stage } from './scenario.ts';
import { startCrew } from './worker-process.ts';

/** Images of the stub take 50 ms each; three workers share them. */
export const r1: Scenario = {
  id: 'R1',
  title: 'workers killed (-9), one every 2 s',
  quiet: true,
  async run(stage: Stage) {
    const [count, mostKills] = stage.full ? [5_000, Number.POSITIVE_INFINITY] : [300, 3];
    await writeDay(stage, count);
    const crew = startCrew(stage, 3, { millisecondsPerImage: 50, leaseSeconds: 2 });
    await crew.ready();
    const clean = await cleanSeconds(stage);

    let killing = true;
    const killer = (async () => {
      for (let kills = 0; killing && kills < mostKills; kills++) {
        await wait(2_000);
        // Only who is at work can be killed at it: on a busy machine a new worker needs a moment.
        const victim = await crew.atWork(Math.floor(stage.random() * 3));
        if (killing) victim.kill('SIGKILL');
      }
    })();
    const { report, seconds } = await playDay(stage);
    killing = false;
    await killer;

    const { lost, doubled, dead } = await tally(stage, count);
    const broken: string[] = [];
    if (dead.length > 0) broken.push(`${dead.length} images set aside`);
    if (report?.succeeded !== count) broken.push(`the report says ${report?.succeeded} of ${count}`);
    const times = (seconds / clean).toFixed(2);
    // The short form is over before a dead worker's lock has run out, so its time says nothing.
    if (stage.full && seconds > 1.6 * clean) broken.push(`${times}× the clean time`);
    return {
      lost,
      doubled,
      refused: 0,
      recovered: crew.deaths(),
      broken,
      note: `${count} images, ${crew.deaths()} kills, ${seconds.toFixed(0)} s, ${times}× the ${clean.toFixed(0)} s of the same day without kills`,
    };
  },
};

async function playDay(stage: Stage) {
  const began = Date.now();
  await askForDay(stage);
  const report = await dayReport(stage, stage.full ? 400 : 120);
  return { report, seconds: (Date.now() - began) / 1_000 };
}

/** The same day by the same crew, of whom nobody dies; afterwards nothing of it is left. */
async function cleanSeconds(stage: Stage): Promise<number> {
  const { seconds } = await playDay(stage);
  await stage.pool.query('truncate image, runs cascade');
  return seconds;
}
