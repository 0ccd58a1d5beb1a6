import { type Metric, saturated } from '@mycelium/farm';

/** Air does not change and return by this much within a few readings: that is a stray value, not an opened door. */
const spikes: Record<Metric, number> = { temperature: 8, humidity: 40, co2: 2_000 };
const spikeReadings = 3;
const spikeTime = 15 * 60_000;

/**
 * A working sensor's last digit moves. One that repeats its value for this long has failed (real data: 2 hours at
 * most).
 */
const stuckTime = 3 * 3_600_000;
const stuckReadings = 10;
/** Equal values on both sides of a pause this long prove nothing about the time between. */
const stuckPause = 3_600_000;

/**
 * Marks (with 1) the values that are not measurements of the room: implausible values, stuck values and short jumps.
 * @param times milliseconds, ascending
 * @param values from `readValues`, where NaN is implausible
 */
export function findBadValues(metric: Metric, times: Float64Array, values: Float64Array): Uint8Array {
  const bad = new Uint8Array(values.length);
  for (let n = 0; n < values.length; n++) if (Number.isNaN(values[n])) bad[n] = 1;
  markStuck(metric, times, values, bad);
  markSpikes(spikes[metric], times, values, bad);
  return bad;
}

function goodIndexes(bad: Uint8Array): Int32Array {
  const good = new Int32Array(bad.length);
  let length = 0;
  for (let n = 0; n < bad.length; n++) if (!bad[n]) good[length++] = n;
  return good.subarray(0, length);
}

/** In saturated air a humidity sensor stays at the top of its scale. That is a valid reading. */
function markStuck(metric: Metric, times: Float64Array, values: Float64Array, bad: Uint8Array): void {
  const good = goodIndexes(bad);
  const at = (n: number) => times[good[n] as number] as number;
  let start = 0;
  for (let n = 1; n <= good.length; n++) {
    const repeats =
      n < good.length &&
      values[good[n] as number] === values[good[start] as number] &&
      at(n) - at(n - 1) <= stuckPause;
    if (repeats) continue;
    const long = n - start >= stuckReadings && at(n - 1) - at(start) >= stuckTime;
    if (long && !saturated(metric, values[good[start] as number] as number)) {
      for (let k = start; k < n; k++) bad[good[k] as number] = 1;
    }
    start = n;
  }
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
