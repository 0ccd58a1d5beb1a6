import { deviceTypeOf, type NamedPoint, pointKey } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { ensurePoints, pointIds } from './points.ts';

export interface PointDirectory {
  /** Returns ids by `room/device/point`; looks up or registers all unknown points in one statement. */
  resolve(points: NamedPoint[]): Promise<ReadonlyMap<string, number>>;
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
      const unknown = new Map<string, NamedPoint>();
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
          fresh.map((point) => ({ ...point, deviceType: deviceTypeOf(point.device, point.room) })),
        );
        added += fresh.length;
        for (const [key, id] of [...known, ...registered]) ids.set(key, id);
      }
      return ids;
    },
  };
}
