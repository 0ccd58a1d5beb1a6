import { setTimeout as wait } from 'node:timers/promises';
import { listRuns, type Pool, type RunRow, rememberSchedule } from '@mycelium/database';
import { addDays, dayOf, daysBetween, firingsBetween } from '@mycelium/farm';
import { type CatchUp, type Job, jobs, misfireGraceSeconds, scheduledJobs } from '@mycelium/queue';
import { startApp } from '../harness/app-process.ts';
import { writeDay } from '../harness/images.ts';
import { countStatistics, statistics, writeReadings } from '../harness/readings.ts';
import type { Testbed } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';
import { openTestbed } from '../harness/testbed.ts';

const timeZone = 'UTC';

/**
 * Starts a farm after a downtime of `hours` hours, and kills its scheduler and a worker while it catches up. The ledger
 * must account for every slot of the downtime according to the schedule's `catchUp`.
 */
export async function runRealDowntime(outer: Testbed, hours: number) {
  const testbed = await openTestbed(outer, outer);
  const now = new Date();
  const stopped = new Date(now.getTime() - hours * 3_600_000);
  // The state that the scheduler left when it stopped, except that Redis is empty.
  const due = new Map<string, Date[]>();
  for (const job of scheduledJobs) {
    const pattern = (jobs[job] as Job).schedule as string;
    await rememberSchedule(testbed.pool, { job, pattern, timeZone }, stopped);
    due.set(job, [...firingsBetween(pattern, timeZone, stopped, now)]);
  }
  await writeReadings(testbed, daysBetween(addDays(dayOf(stopped, timeZone), -1), dayOf(now, timeZone)));
  await writeDay(testbed, 0);

  const doomed = [await startApp(testbed, 'scheduler'), await startApp(testbed, 'worker-env-stats')];
  await startApp(testbed, 'worker-setpoint');
  startStubWorker(testbed, { name: 'worker', millisecondsPerImage: 1 });
  await wait(500 + testbed.random() * 2_000);
  for (const { child } of doomed) child.kill('SIGKILL');
  await Promise.all(doomed.map(({ ended }) => ended));
  const kills = doomed.filter(({ child }) => child.signalCode === 'SIGKILL').length;
  await startApp(testbed, 'scheduler');
  await startApp(testbed, 'worker-env-stats');

  const until = Date.now() + 120_000;
  let unaccounted = ['nothing was looked at'];
  let late = 0;
  while (unaccounted.length > 0 && Date.now() < until) {
    await wait(500);
    const runs = await listRuns(testbed.pool, { limit: 1_000 });
    unaccounted = [...due].flatMap(([job, slots]) =>
      slots.flatMap((slot) => judge(job, slot, slots, runs) ?? []),
    );
    late = runs.filter(
      ({ status, lateness }) => status === 'succeeded' && (lateness ?? 0) > misfireGraceSeconds,
    ).length;
  }
  const broken = [...unaccounted];
  const dueDays = (due.get('daily_env_stats') ?? []).map((slot) => addDays(dayOf(slot, timeZone), -1));
  const days = new Set((await statistics(testbed)).map(({ day }) => day));
  if (days.size !== dueDays.length) broken.push(`statistics of ${days.size} days, not ${dueDays.length}`);
  const computed = await countStatistics(testbed.pool, dueDays);
  if (kills < doomed.length) broken.push(`${kills} of ${doomed.length} processes were killed`);
  testbed.log(`down for ${hours} h: ${late} slots run late`);
  return {
    lost: unaccounted.length + computed.lost,
    doubled: (await slotsTwice(testbed.pool)) + computed.doubled,
    late,
    kills,
    broken: broken.map((what) => `down for ${hours} h: ${what}`),
  };
}

async function slotsTwice(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ twice: number }>(
    'select count(*) as twice from (select from runs group by job, slot having count(*) > 1) slots',
  );
  return rows[0]?.twice as number;
}

/** @returns the mistake in a slot's outcome, if there is one */
function judge(job: string, slot: Date, slots: Date[], runs: RunRow[]): string | undefined {
  const run = runs.find((row) => row.job === job && row.slot.getTime() === slot.getTime());
  const catchUp: CatchUp = (jobs as Record<string, Job>)[job]?.catchUp ?? 'latest';
  const coalesces = catchUp === 'latest' && slot !== slots.at(-1);
  const expected = coalesces ? 'coalesced' : 'succeeded';
  // The newest hour is coalesced into the next one if that comes during the scenario.
  const superseded = catchUp === 'latest' && run?.status === 'coalesced';
  return run?.status === expected || superseded
    ? undefined
    : `${job} ${slot.toISOString()} is ${run?.status}, not ${expected}`;
}
