import {
  changesFoundBy,
  closeReadings,
  commit,
  FencedError,
  forgetLate,
  type LateReadings,
  lateReadings,
  moveWatermarks,
  type Point,
  type Pool,
  replaceChanges,
  type SetpointChange,
  type SetpointRoom,
  setpointPoints,
  setpointRooms,
  thresholdRules,
} from '@mycelium/database';
import type { Handler, Log, Result, RunContext } from '@mycelium/queue';
import { countChanges, describeChanges } from './describe-changes.ts';
import { detectChanges } from './detect-changes.ts';
import { endOfWindow, type PointWindow, windowsOf } from './windows.ts';

export interface Context {
  pool: Pool;
  logger: Log;
}

type Job = Context & RunContext;
type Failures = Result<'hourly_setpoint_monitoring'>['failed'];

/**
 * Finds every change of a setpoint, switch or mode in every room up to the slot. Each room's window begins where its
 * last finished window ended, whenever that was. Points with late readings are read again from the first of those on.
 */
export const watchSetpoints: Handler<'hourly_setpoint_monitoring', Context> = async (_payload, job) => {
  const { pool, run } = job;
  await closeReadings(pool, run.lease, 'setpoints', run.slot);
  const points = await setpointPoints(pool);
  const names = [...new Set(points.map(({ room }) => room))];

  const late = (await lateReadings(pool, 'setpoints')).filter(({ first }) => first < run.slot);
  const lateRooms = new Set(late.map(({ room }) => room));
  const rooms = (await setpointRooms(pool, names)).filter(
    ({ room, until }) => !until || until <= run.slot || lateRooms.has(room),
  );
  const failed = await watchRooms(job, rooms, points, late);
  if (failed.length > 0 && failed.length === rooms.length) {
    throw new Error(`no room could be monitored: ${failed[0]?.error}`);
  }

  // Reported from the stored rows, so that a run interrupted after its commit reports the same when repeated.
  const found = await changesFoundBy(pool, run.slot, names);
  const done = (await setpointRooms(pool, names)).filter(
    ({ until }) => until?.getTime() === run.slot.getTime(),
  );
  const byRoom = Map.groupBy(found, ({ room }) => room);
  return {
    to: run.slot.toISOString(),
    changes: countChanges(found),
    rooms: done.map(({ room, windowFrom }) => {
      const own = byRoom.get(room) ?? [];
      return {
        room,
        from: windowFrom?.toISOString() ?? null,
        changes: countChanges(own),
        points: own.map(describeChanges),
      };
    }),
    failed,
  };
};

/**
 * Watches all rooms at once. If that fails, goes room by room, so that one room's failure does not affect the others.
 */
async function watchRooms(
  job: Job,
  rooms: SetpointRoom[],
  points: Point[],
  late: LateReadings[],
): Promise<Failures> {
  if (rooms.length === 0) return [];
  try {
    await watch(job, rooms, points, late);
    return [];
  } catch (error) {
    if (job.signal.aborted || error instanceof FencedError) throw error;
  }
  const failed: Failures = [];
  for (const [n, room] of rooms.entries()) {
    try {
      await watch(job, [room], points, late);
    } catch (error) {
      if (job.signal.aborted || error instanceof FencedError) throw error;
      const message = error instanceof Error ? error.message : String(error);
      job.logger.error('a room could not be monitored', { room: room.room, error: message });
      failed.push({ room: room.room, error: message });
    }
    await job.progress(n + 1, rooms.length);
  }
  return failed;
}

async function watch(
  { pool, run, signal }: Job,
  rooms: SetpointRoom[],
  allPoints: Point[],
  allLate: LateReadings[],
): Promise<void> {
  const byName = new Map(rooms.map((room) => [room.room, room]));
  const late = allLate
    .filter(({ room }) => byName.has(room))
    .map((mark) => ({ ...mark, until: endOfWindow(byName.get(mark.room)?.until, run.slot) }));
  const points = new Map(allPoints.filter(({ room }) => byName.has(room)).map((point) => [point.id, point]));
  const rules = await thresholdRules(pool);
  const found: { window: PointWindow; changes: SetpointChange[] }[] = [];
  for (const window of windowsOf([...points.values()], byName, late, run.slot)) {
    found.push({ window, changes: await detectChanges(pool, points, window, window.to, rules, signal) });
  }
  const moving = rooms.filter(({ until }) => !until || until < run.slot);
  await commit(pool, run.lease, async (tx) => {
    for (const { window, changes } of found) {
      await replaceChanges(tx, window, window.to, changes, run.slot);
    }
    await moveWatermarks(tx, moving, run.slot);
    await forgetLate(tx, 'setpoints', late);
  });
}
