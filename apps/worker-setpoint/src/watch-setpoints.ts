import {
  changesFoundBy,
  closeSetpoints,
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
  type Window,
} from '@mycelium/database';
import type { Handler, Log, Result, RunContext } from '@mycelium/queue';
import { countChanges, describeChanges } from './describe-changes.ts';
import { detectChanges } from './detect-changes.ts';

export interface Context {
  pool: Pool;
  logger: Log;
}

const hour = 3_600_000;

type Job = Context & RunContext;
type Failures = Result<'hourly_setpoint_monitoring'>['failed'];

/**
 * Every change of a setpoint, switch or mode in every room, up to the slot: each room's window begins where its
 * last finished one ended, whenever that was. Points to which readings came late are read again from there.
 */
export const watchSetpoints: Handler<'hourly_setpoint_monitoring', Context> = async (_payload, job) => {
  const { pool, run } = job;
  const points = await setpointPoints(pool);
  const names = [...new Set(points.map(({ room }) => room))];
  await closeSetpoints(pool, run.lease, names, run.slot);

  // A room that is known beyond the slot was done by a later run already.
  const rooms = (await setpointRooms(pool, names)).filter(({ until }) => !until || until <= run.slot);
  const late = (await lateReadings(pool, 'setpoints')).filter(({ first }) => first < run.slot);
  const failed = await watchRooms(job, rooms, points, late);
  if (failed.length > 0 && failed.length === rooms.length) {
    throw new Error(`no room could be monitored: ${failed[0]?.error}`);
  }

  // Told by what is written, so that a run that was cut off after its commit tells the same when it is repeated.
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

/** All rooms at once; if that fails, room by room, so that one room's trouble is only its own. */
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
  const late = allLate.filter(({ room }) => byName.has(room));
  const lateFrom = new Map<number, Date>();
  for (const { pointId, first } of late) {
    const known = lateFrom.get(pointId);
    if (!known || first < known) lateFrom.set(pointId, first);
  }

  const points = new Map(allPoints.filter(({ room }) => byName.has(room)).map((point) => [point.id, point]));
  const windows = windowsOf([...points.values()], byName, lateFrom).filter(
    ({ from }) => !from || from < run.slot,
  );
  const rules = await thresholdRules(pool);
  const found: { window: Window; changes: SetpointChange[] }[] = [];
  for (const window of windows) {
    found.push({ window, changes: await detectChanges(pool, points, window, run.slot, rules, signal) });
  }
  const moving = rooms.filter(({ until }) => !until || until < run.slot);
  await commit(pool, run.lease, async (tx) => {
    for (const { window, changes } of found) {
      await replaceChanges(tx, window, run.slot, changes, run.slot);
    }
    await moveWatermarks(tx, moving, run.slot);
    await forgetLate(tx, late);
  });
}

/** Points that are read from the same instant on are read together: as a rule, all of them. */
function windowsOf(
  points: Point[],
  rooms: ReadonlyMap<string, SetpointRoom>,
  lateFrom: ReadonlyMap<number, Date>,
): Window[] {
  const windows = new Map<number | undefined, Window>();
  for (const { id, room } of points) {
    const from = earlier(rooms.get(room)?.until, lateFrom.get(id));
    const together = windows.get(from?.getTime()) ?? { from, pointIds: [] };
    together.pointIds.push(id);
    windows.set(from?.getTime(), together);
  }
  return [...windows.values()];
}

/** Of late readings to the hour, so that a flood of them is read in few windows. */
function earlier(until: Date | undefined, late: Date | undefined): Date | undefined {
  if (!until || !late || late >= until) return until;
  return new Date(Math.floor(late.getTime() / hour) * hour);
}
