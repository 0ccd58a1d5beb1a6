import type { LateReadings, Point, SetpointRoom } from '@mycelium/database';

const hour = 3_600_000;

/** Points that are read together, and the span they are read for; `from` undefined: from the first reading on. */
export interface PointWindow {
  from?: Date | undefined;
  to: Date;
  pointIds: number[];
}

/**
 * What a run reads. A room's points are read from its watermark up to the slot, and points with late readings from
 * those on. A later run may already have moved a room's watermark beyond the slot: of that room only points with late
 * readings are read, up to the watermark, since what follows a late change is judged against it.
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
    const to = until && until > slot ? until : slot;
    if (from && from >= to) continue;
    const key = `${from?.getTime()} ${to.getTime()}`;
    const together = windows.get(key) ?? { from, to, pointIds: [] };
    together.pointIds.push(id);
    windows.set(key, together);
  }
  return [...windows.values()];
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
