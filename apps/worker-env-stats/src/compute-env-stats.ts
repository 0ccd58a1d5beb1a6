import {
  closeEnvStats,
  commit,
  type EnvPoint,
  ensurePartitionsAhead,
  envPoints,
  FencedError,
  forgetLate,
  type LateReadings,
  lateReadings,
  type Pool,
  readingsDroppedUntil,
  replaceEnvStats,
} from '@mycelium/database';
import { type Day, dayBounds, dayOf, daysBetween } from '@mycelium/farm';
import type { Handler, Log, Result, RunContext } from '@mycelium/queue';
import { describeRooms } from './describe-rooms.ts';

export interface Context {
  pool: Pool;
  logger: Log;
}

type Job = Context & RunContext;
type Report = Result<'daily_env_stats'>;

/**
 * The statistics of every room on the local day before the slot, and again of earlier days for which readings came
 * late. Rows are replaced by natural key: computed again, a day comes out the same.
 */
export const computeEnvStats: Handler<'daily_env_stats', Context> = async (_payload, job) => {
  const { pool, run, logger } = job;
  await ensurePartitionsAhead(pool, run.slot);
  const points = await envPoints(pool);
  const { end } = dayBounds(run.day, run.timeZone);
  await closeEnvStats(pool, run.lease, roomsOf(points), end);

  const late = (await lateReadings(pool, 'env-stats')).filter(({ first }) => first < end);
  const again = lateDays(late, points, run.day, run.timeZone);
  const report = await computeDay(job, run.day, points);
  await job.progress(1, again.length + 1);

  for (const [n, { day, rooms }] of again.entries()) {
    const { written, failed } = await computeDay(
      job,
      day,
      points.filter(({ room }) => rooms.has(room)),
    );
    logger.info(`computed ${day} again, readings came late`, { day, rooms: [...rooms], written });
    report.written += written;
    report.failed.push(...failed.map(({ room, error }) => ({ room, error: `${day}: ${error}` })));
    await job.progress(n + 2, again.length + 1);
  }
  const broken = new Set(report.failed.map(({ room }) => room));
  await commit(pool, run.lease, (tx) =>
    forgetLate(
      tx,
      late.filter(({ room }) => !broken.has(room)),
    ),
  );

  if (report.failed.length > 0 && report.rooms.length === 0) {
    throw new Error(`no room could be computed: ${report.failed[0]?.error}`);
  }
  return report;
};

function roomsOf(points: EnvPoint[]): string[] {
  return [...new Set(points.map(({ room }) => room))];
}

/** The local days that late readings fall on, other than the run's own. */
function lateDays(late: LateReadings[], points: EnvPoint[], own: Day, timeZone: string) {
  const known = new Set(points.map(({ id }) => id));
  const days = new Map<Day, Set<string>>();
  for (const { pointId, room, first, last } of late) {
    if (!known.has(pointId)) continue;
    for (const day of daysBetween(dayOf(first, timeZone), dayOf(last, timeZone))) {
      if (day < own) days.set(day, (days.get(day) ?? new Set()).add(room));
    }
  }
  return [...days].sort(([a], [b]) => a.localeCompare(b)).map(([day, rooms]) => ({ day, rooms }));
}

/** All rooms at once; if that fails, room by room, so that one room's trouble is only its own. */
async function computeDay(job: Job, day: Day, points: EnvPoint[]): Promise<Report> {
  const report: Report = { day, rooms: [], written: 0, noData: [], failed: [] };
  const dropped = await readingsDroppedUntil(job.pool);
  if (dropped && dayBounds(day, job.run.timeZone).start < dropped) {
    job.logger.warn('the readings of the day were thrown away: its statistics stay as they are', { day });
    return report;
  }
  const rooms = roomsOf(points);
  try {
    await computeRooms(job, day, points, report);
  } catch (error) {
    if (job.signal.aborted || error instanceof FencedError) throw error;
    for (const room of rooms) {
      try {
        await computeRooms(
          job,
          day,
          points.filter((point) => point.room === room),
          report,
        );
      } catch (failure) {
        if (job.signal.aborted || failure instanceof FencedError) throw failure;
        const message = failure instanceof Error ? failure.message : String(failure);
        job.logger.error('a room could not be computed', { room, day, error: message });
        report.failed.push({ room, error: message });
      }
    }
  }
  for (const room of report.noData) job.logger.warn('no valid reading', { room, day, alert: 'no-data' });
  return report;
}

async function computeRooms(
  { pool, run, signal }: Job,
  day: Day,
  points: EnvPoint[],
  report: Report,
): Promise<void> {
  const rooms = roomsOf(points);
  const rows = await describeRooms(pool, day, run.timeZone, points, signal);
  report.written += await commit(pool, run.lease, (tx) => replaceEnvStats(tx, day, rooms, rows));
  for (const room of rooms) {
    const own = rows.filter((row) => row.room === room);
    if (own.length === 0) report.noData.push(room);
    else {
      report.rooms.push({
        room,
        metrics: Object.fromEntries(
          own.map(({ metric, count, expectedCount, coverage, mean }) => [
            metric,
            { count, expectedCount, coverage, mean },
          ]),
        ),
      });
    }
  }
}
