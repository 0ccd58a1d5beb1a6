import type { Series, SetpointChange } from '@mycelium/database';

/**
 * Applies from an instant (milliseconds since 1970) until the next one; null means that any other value is a change.
 */
export interface Threshold {
  validFrom: number;
  threshold: number | null;
}

/** Values come from decimal text or from single-precision controllers: 13.2 → 13.7 must count as a step of 0.5. */
const precision = 2 ** -23;

export function isChange(reported: number, value: number, threshold: number | null): boolean {
  if (threshold === null) return value !== reported;
  const tolerance = precision * Math.max(Math.abs(reported), Math.abs(value));
  return Math.abs(value - reported) >= threshold - tolerance;
}

/**
 * Every change of a point from its last reported value, by the threshold valid at that time. A slow ramp is reported
 * each time it has moved by a threshold, however small its steps.
 * @param reported the last reported value before these readings; undefined for a new point, whose first value becomes
 *   the baseline, a row without `previous`
 * @param thresholds in order of time
 */
export function findChanges(
  { pointId, times, values }: Series,
  reported: number | undefined,
  thresholds: Threshold[],
): SetpointChange[] {
  const changes: SetpointChange[] = [];
  let version = -1;
  for (let n = 0; n < times.length; n++) {
    const time = times[n] as number;
    const value = values[n] as number;
    if (!Number.isFinite(value)) continue;
    while ((thresholds[version + 1]?.validFrom ?? Infinity) <= time) version++;
    const threshold = thresholds[version]?.threshold ?? null;
    if (reported === undefined || isChange(reported, value, threshold)) {
      changes.push({ pointId, changedAt: new Date(time), previous: reported ?? null, value, threshold });
      reported = value;
    }
  }
  return changes;
}
