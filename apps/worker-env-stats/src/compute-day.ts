import {
  commit,
  type EnvPoint,
  type EnvStatsRow,
  FencedError,
  readingsDroppedUntil,
  replaceEnvStats,
  saveObserved,
} from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import type { Result, RunContext } from '@mycelium/queue';
import type { Context } from './context.ts';
import { describeRooms, type SensorNote } from './describe-rooms.ts';

type Job = Context & RunContext;
type Report = Result<'daily_env_stats'>;

/**
 * Computes all rooms at once. If that fails, goes room by room, so that one room's failure does not affect the others.
 */
export async function computeDay(job: Job, day: Day, points: EnvPoint[]): Promise<Report> {
  const report: Report = { day, rooms: [], written: 0, noData: [], failed: [], sensors: [] };
  const dropped = await readingsDroppedUntil(job.pool);
  if (dropped && dayBounds(day, job.run.timeZone).start < dropped) {
    job.logger.warn('the readings of the day were pruned: its statistics stay as they are', { day });
    return { ...report, pruned: true };
  }
  try {
    await computeRooms(job, day, points, report);
  } catch (error) {
    if (job.signal.aborted || error instanceof FencedError) throw error;
    for (const room of roomsOf(points)) await computeRoom(job, day, room, points, report);
  }
  for (const room of report.noData) job.logger.warn('no valid reading', { room, day, alert: 'no-data' });
  return report;
}

async function computeRoom(
  job: Job,
  day: Day,
  room: string,
  points: EnvPoint[],
  report: Report,
): Promise<void> {
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

async function computeRooms(
  { pool, run, signal }: Job,
  day: Day,
  points: EnvPoint[],
  report: Report,
): Promise<void> {
  const rooms = roomsOf(points);
  const { rows, frozen, observed } = await describeRooms(pool, day, run.timeZone, points, signal);
  report.written += await commit(pool, run.lease, async (tx) => {
    await saveObserved(tx, observed);
    return replaceEnvStats(tx, day, rooms, rows);
  });
  report.sensors?.push(...frozen, ...rows.flatMap(atTheEnd));
  const byRoom = Map.groupBy(rows, ({ room }) => room);
  for (const room of rooms) {
    const own = byRoom.get(room);
    if (!own) {
      report.noData.push(room);
      continue;
    }
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

/** Sensors that could not show more than they did. Their values count. */
function atTheEnd({ room, day, metric, saturatedMinutes, ceilingMinutes }: EnvStatsRow): SensorNote[] {
  const minutes = { saturated: saturatedMinutes ?? 0, ceiling: ceilingMinutes ?? 0 };
  return (['saturated', 'ceiling'] as const)
    .filter((state) => minutes[state] > 0)
    .map((state) => ({ room, day, metric, state, minutes: minutes[state] }));
}

function roomsOf(points: EnvPoint[]): string[] {
  return [...new Set(points.map(({ room }) => room))];
}
