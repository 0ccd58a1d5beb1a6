import {
  type Point,
  type Pool,
  reportedBefore,
  type SetpointChange,
  streamReadings,
  type ThresholdRule,
  type Window,
} from '@mycelium/database';
import { findChanges } from './change-detection.ts';

/** The changes of each point in its window, which ends at `to`. Reads one point after another. */
export async function detectChanges(
  pool: Pool,
  points: ReadonlyMap<number, Point>,
  window: Window,
  to: Date,
  rules: ThresholdRule[],
  signal: AbortSignal,
): Promise<SetpointChange[]> {
  const versions = Map.groupBy(rules, ({ deviceType, point }) => `${deviceType}.${point}`);
  const reported = await reportedBefore(pool, window);

  const changes: SetpointChange[] = [];
  for await (const series of streamReadings(pool, window.pointIds, window.from, to, signal)) {
    const { deviceType, point } = points.get(series.pointId) as Point;
    const thresholds = versions.get(`${deviceType}.${point}`) ?? [];
    changes.push(...findChanges(series, reported.get(series.pointId), thresholds));
  }
  return changes;
}
