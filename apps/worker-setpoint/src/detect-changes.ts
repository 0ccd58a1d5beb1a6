import {
  type Point,
  type PointWindow,
  type Pool,
  reportedBefore,
  type SetpointChange,
  streamSteps,
  type ThresholdRule,
} from '@mycelium/database';
import { findChanges } from './change-detection.ts';

/** The changes of each point in its window, which ends at `to` for all. Reads one point after the other. */
export async function detectChanges(
  pool: Pool,
  points: Point[],
  windows: PointWindow[],
  to: Date,
  rules: ThresholdRule[],
  signal: AbortSignal,
): Promise<SetpointChange[]> {
  if (windows.length === 0) return [];
  const versions = Map.groupBy(rules, ({ deviceType, point }) => `${deviceType}.${point}`);
  const byId = new Map(points.map((point) => [point.id, point]));
  const reported = await reportedBefore(pool, windows);
  const marks = [...new Set(rules.map(({ validFrom }) => validFrom))]
    .filter((instant) => Number.isFinite(instant) && instant < to.getTime())
    .map((instant) => new Date(instant));

  const changes: SetpointChange[] = [];
  for await (const series of streamSteps(pool, windows, to, marks, signal)) {
    const { deviceType, point } = byId.get(series.pointId) as Point;
    const thresholds = versions.get(`${deviceType}.${point}`) ?? [];
    changes.push(...findChanges(series, reported.get(series.pointId), thresholds));
  }
  return changes;
}
