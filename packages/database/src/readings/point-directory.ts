import { deviceTypeOf, type NamedPoint, pointKey } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { ensurePoints, pointIds } from './points.ts';

/** A point with the unit of its readings, for its registration if no rule has one. */
type Wanted = NamedPoint & { unit?: string | undefined };

export interface PointDirectory {
  /** Returns ids by `room/device/point`; looks up or registers all unknown points in one statement. */
  resolve(points: Wanted[]): Promise<ReadonlyMap<string, number>>;
  /** The number of points that were registered. */
  added(): number;
}

/**
 * Caches the ids of points by name for the duration of an import.
 * @param strict leave unknown points out of the result instead of registering them
 */
export function createPointDirectory(db: Queryable, { strict = false } = {}): PointDirectory {
  const ids = new Map<string, number>();
  let added = 0;
  return {
    added: () => added,
    async resolve(points) {
      const unknown = new Map<string, Wanted>();
      for (const point of points) {
        const key = pointKey(point);
        if (!ids.has(key)) unknown.set(key, point);
      }
      if (unknown.size > 0) {
        const requested = [...unknown.values()];
        const known = await pointIds(db, requested);
        const fresh = strict ? [] : requested.filter((point) => !known.has(pointKey(point)));
        const registered = await ensurePoints(
          db,
          fresh.map(({ unit, ...point }) => ({
            ...point,
            deviceType: deviceTypeOf(point.device, point.room),
            ...(unit && { unit }),
          })),
        );
        added += fresh.length;
        for (const [key, id] of [...known, ...registered]) ids.set(key, id);
      }
      return ids;
    },
  };
}
