import type { LateReadings, Point, SetpointRoom } from '@mycelium/database';

const hour = 3_600_000;

/** Points that are read together, and their span; `from` undefined means from the first reading on. */
export interface PointWindow {
  from?: Date | undefined;
  to: Date;
  pointIds: number[];
}

/**
 * The windows that a run reads: a room's points from its watermark up to the slot, and points with late readings from
 * the first of those on. If a later run has already moved a room's watermark past the slot, only its points with late
 * readings are read, up to the watermark, since later readings are compared with a late change.
 */
export function windowsOf(
  points: Point[],
  rooms: ReadonlyMap<string, SetpointRoom>,
  late: LateReadings[],
  slot: Date,
): PointWindow[] {
  const lateFrom = firstOfEach(late);
  const windows = new Map<string, PointWindow>();
  for (const { id, room } of points) {
    const until = rooms.get(room)?.until;
    const from = earlier(until, lateFrom.get(id));
    const to = endOfWindow(until, slot);
    if (from && from >= to) continue;
    const key = `${from?.getTime()} ${to.getTime()}`;
    const together = windows.get(key) ?? { from, to, pointIds: [] };
    together.pointIds.push(id);
    windows.set(key, together);
  }
  return [...windows.values()];
}

/** A run reads a room up to the slot, or up to its watermark if that is later. */
export function endOfWindow(until: Date | undefined, slot: Date): Date {
  return until && until > slot ? until : slot;
}

function firstOfEach(late: LateReadings[]): Map<number, Date> {
  const firsts = new Map<number, Date>();
  for (const { pointId, first } of late) {
    const known = firsts.get(pointId);
    if (!known || first < known) firsts.set(pointId, first);
  }
  return firsts;
}

/** Late readings are rounded down to the hour, so that many of them are read in few windows. */
function earlier(until: Date | undefined, late: Date | undefined): Date | undefined {
  if (!until || !late || late >= until) return until;
  return new Date(Math.floor(late.getTime() / hour) * hour);
}
