import {
  closeReadings,
  commit,
  type EnvPoint,
  ensurePartitionsAhead,
  envPoints,
  forgetLate,
  lateReadings,
  markLate,
} from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import type { Handler, Result, RunContext } from '@mycelium/queue';
import { computeDay } from './compute-day.ts';
import type { Context } from './context.ts';
import { daysToRepeat, settledBy } from './late-days.ts';
import { observeAgain } from './observe-again.ts';

type Again = NonNullable<Result<'daily_env_stats'>['again']>[number];

/**
 * Computes the statistics of every room for the local day before the slot, and recomputes the earlier days and rooms
 * with late readings. Rows are replaced by natural key, so recomputing a day gives the same rows.
 */
export const computeEnvStats: Handler<'daily_env_stats', Context> = async (_payload, job) => {
  const { pool, run, logger } = job;
  await ensurePartitionsAhead(pool, run.slot);
  const { end } = dayBounds(run.day, run.timeZone);
  await closeReadings(pool, run.lease, 'readings', end);
  const points = await envPoints(pool);
  const lateBefore = async () => (await lateReadings(pool, 'readings')).filter(({ first }) => first < end);
  await observeAgain(job, await lateBefore(), points);
  const late = await lateBefore();
  const again = daysToRepeat(late, run);

  const report = { ...(await computeDay(job, run.day, points)), again: [] as Again[] };
  let computed = report.rooms.length;
  const broken = new Set(report.failed.map(({ room }) => room));
  await markFailed(job, points, broken);
  await job.progress(1, again.length + 1);

  for (const [n, { day, rooms }] of again.entries()) {
    const {
      rooms: done,
      written,
      failed,
      pruned,
      sensors = [],
    } = await computeDay(
      job,
      day,
      points.filter(({ room }) => rooms.has(room)),
    );
    logger.info(`computed ${day} again: readings came late`, { day, rooms: [...rooms], written });
    computed += done.length;
    report.sensors?.push(...sensors);
    report.again.push({ day, rooms: [...rooms].sort(), written, ...(pruned && { pruned }) });
    for (const { room, error } of failed) {
      report.failed.push({ room, error: `${day}: ${error}` });
      broken.add(room);
    }
    await settle(day);
    await job.progress(n + 2, again.length + 1);
  }

  await settle(run.day);
  if (report.failed.length > 0 && computed === 0) {
    throw new Error(`no room could be computed: ${report.failed[0]?.error}`);
  }
  return report;

  /** Called day by day in their order, so that an interrupted run has less to do when it is repeated. */
  async function settle(day: Day): Promise<void> {
    const rest = late.filter(({ room }) => !broken.has(room));
    await commit(pool, run.lease, (tx) => forgetLate(tx, 'readings', settledBy(rest, day, run.timeZone)));
  }
};

/** Marks a failed room of a successful run as stale on this day, or nothing would ever compute it. */
async function markFailed(
  { pool, run }: Context & RunContext,
  points: EnvPoint[],
  rooms: ReadonlySet<string>,
): Promise<void> {
  const failed = points.filter(({ room }) => rooms.has(room)).map(({ id }) => id);
  if (failed.length === 0) return;
  const { start, end } = dayBounds(run.day, run.timeZone);
  await commit(pool, run.lease, (tx) => markLate(tx, failed, start, new Date(end.getTime() - 1)));
}
