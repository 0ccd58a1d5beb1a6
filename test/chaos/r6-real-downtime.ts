import { setTimeout as wait } from 'node:timers/promises';
import { listRuns, type RunRow, rememberSchedule } from '@mycelium/database';
import { addDays, dayOf, daysBetween, firingsBetween } from '@mycelium/farm';
import { type CatchUp, type Job, jobs, misfireGraceSeconds, scheduledJobs } from '@mycelium/queue';
import { startApp } from './app-process.ts';
import { writeDay } from './images.ts';
import { statistics, writeReadings } from './readings.ts';
import type { Stage } from './scenario.ts';
import { openStage } from './stage.ts';
import { startStubWorker } from './worker-process.ts';

const timeZone = 'UTC';

/**
 * A farm that was down for so long is started, with its scheduler and a worker killed meanwhile. The ledger must
 * account for every slot of the downtime as the timetable says.
 * @returns how many slots were made up for, and what does not hold
 */
export async function playRealDowntime(
  outer: Stage,
  hours: number,
): Promise<{ late: number; broken: string[] }> {
  const stage = await openStage(outer, outer);
  const now = new Date();
  const stopped = new Date(now.getTime() - hours * 3_600_000);
  // As the scheduler left it when it stopped, but for Redis, which has been emptied.
  const due = new Map<string, Date[]>();
  for (const job of scheduledJobs) {
    const pattern = (jobs[job] as Job).schedule as string;
    await rememberSchedule(stage.pool, { job, pattern, timeZone }, stopped);
    due.set(job, [...firingsBetween(pattern, timeZone, stopped, now)]);
  }
  await writeReadings(stage, daysBetween(addDays(dayOf(stopped, timeZone), -1), dayOf(now, timeZone)));
  await writeDay(stage, 0);

  const doomed = [startApp(stage, 'scheduler'), startApp(stage, 'worker-env-stats')];
  startApp(stage, 'worker-setpoint');
  startStubWorker(stage, { name: 'worker', millisecondsPerImage: 1 });
  await wait(500 + stage.random() * 2_000);
  for (const { child } of doomed) child.kill('SIGKILL');
  startApp(stage, 'scheduler');
  startApp(stage, 'worker-env-stats');

  const until = Date.now() + 120_000;
  let broken = ['nothing was looked at'];
  let late = 0;
  while (broken.length > 0 && Date.now() < until) {
    await wait(500);
    const runs = await listRuns(stage.pool, { limit: 1_000 });
    const judged = [...due].flatMap(([job, slots]) => slots.map((slot) => judge(job, slot, slots, runs)));
    broken = judged.flatMap((verdict) => verdict ?? []);
    late = runs.filter(
      ({ status, lateness }) => status === 'succeeded' && (lateness ?? 0) > misfireGraceSeconds,
    ).length;
  }
  const days = new Set((await statistics(stage)).map(({ day }) => day));
  const wanted = (due.get('daily_env_stats') ?? []).map((slot) => addDays(dayOf(slot, timeZone), -1));
  for (const day of wanted) if (!days.has(day)) broken.push(`no statistics of ${day}`);
  if (days.size !== wanted.length) broken.push(`statistics of ${days.size} days, not ${wanted.length}`);
  stage.say(`down for ${hours} h: ${late} slots made up for`);
  return { late, broken: broken.map((what) => `down for ${hours} h: ${what}`) };
}

/** @returns what is wrong with a slot's end */
function judge(job: string, slot: Date, slots: Date[], runs: RunRow[]): string | undefined {
  const run = runs.find((row) => row.job === job && row.slot.getTime() === slot.getTime());
  const catchUp: CatchUp = (jobs as Record<string, Job>)[job]?.catchUp ?? 'latest';
  const coalesces = catchUp === 'latest' && slot !== slots.at(-1);
  const wanted = coalesces ? 'coalesced' : 'succeeded';
  // The newest hour is overtaken when the next one comes while this is played.
  const overtaken = catchUp === 'latest' && run?.status === 'coalesced';
  return run?.status === wanted || overtaken
    ? undefined
    : `${job} ${slot.toISOString()} is ${run?.status}, not ${wanted}`;
}
