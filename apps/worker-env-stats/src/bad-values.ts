import { canFreeze, type Metric, type SensorProperties, stillPause, topOfScale } from '@mycelium/farm';

/** Air does not change and return by this much within a few readings: that is a stray value, not an opened door. */
const spikes: Record<Metric, number> = { temperature: 8, humidity: 40, co2: 2_000 };
const spikeReadings = 3;
const spikeTime = 15 * 60_000;

/** Fewer equal values are no proof of a frozen sensor, however far apart they are. */
const frozenReadings = 10;

/**
 * Marks (with 1) the values that are not measurements of the room: implausible values and short jumps.
 * @param times milliseconds, ascending
 * @param values from `readValues`, where NaN is implausible
 */
export function findFaults(metric: Metric, times: Float64Array, values: Float64Array): Uint8Array {
  const bad = new Uint8Array(values.length);
  for (let n = 0; n < values.length; n++) if (Number.isNaN(values[n])) bad[n] = 1;
  markSpikes(spikes[metric], times, values, bad);
  return bad;
}

/**
 * Marks the values of a sensor that should move and has not moved for its `frozenAfter`. A sensor stays at its ceiling,
 * and in saturated air at the top of its scale; a coarse one stays in a steady room; one that reports only changes
 * repeats nothing. Those values are measurements.
 */
export function findFrozen(
  metric: Metric,
  sensor: SensorProperties,
  { times, values, bad }: { times: Float64Array; values: Float64Array; bad: Uint8Array },
): Uint8Array | undefined {
  if (!canFreeze(metric, sensor)) return;
  const end = Math.min(topOfScale(metric), sensor.ceiling ?? Number.POSITIVE_INFINITY);
  const good = goodIndexes(bad);
  const at = (n: number) => times[good[n] as number] as number;
  let frozen: Uint8Array | undefined;
  let start = 0;
  for (let n = 1; n <= good.length; n++) {
    const value = values[good[start] as number] as number;
    if (n < good.length && values[good[n] as number] === value && at(n) - at(n - 1) <= stillPause) continue;
    const long = n - start >= frozenReadings && at(n - 1) - at(start) >= sensor.frozenAfter;
    if (long && value < end) {
      frozen ??= new Uint8Array(values.length);
      for (let k = start; k < n; k++) frozen[good[k] as number] = 1;
    }
    start = n;
  }
  return frozen;
}

function goodIndexes(bad: Uint8Array): Int32Array {
  const good = new Int32Array(bad.length);
  let length = 0;
  for (let n = 0; n < bad.length; n++) if (!bad[n]) good[length++] = n;
  return good.subarray(0, length);
}

/** Marks a few readings that are far from the ones before and after, if those agree with each other. */
function markSpikes(limit: number, times: Float64Array, values: Float64Array, bad: Uint8Array): void {
  const good = goodIndexes(bad);
  for (let n = 1; n < good.length; n++) {
    const before = good[n - 1] as number;
    const far = (index: number) => Math.abs((values[index] as number) - (values[before] as number)) > limit;
    if (bad[before] || !far(good[n] as number)) continue;
    let back = n + 1;
    while (back < good.length && back - n < spikeReadings && far(good[back] as number)) back++;
    const after = good[back];
    if (after === undefined || far(after)) continue;
    if ((times[after] as number) - (times[before] as number) > spikeTime) continue;
    for (let k = n; k < back; k++) bad[good[k] as number] = 1;
    n = back;
  }
}
