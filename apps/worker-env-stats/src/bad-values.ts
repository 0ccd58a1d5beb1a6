import type { Metric } from '@mycelium/database';

/** What a sensor of the growing rooms can mean. Anything else, NaN too, is a sensor that failed or dropped out. */
const limits: Record<Metric, (value: number) => boolean> = {
  temperature: (value) => value >= -40 && value <= 80,
  humidity: (value) => value > 0 && value <= 100,
  co2: (value) => value > 0 && value <= 40_000,
};

/** Air does not leave and come back by this much within a few readings: a wild value, not a door that was opened. */
const spikes: Record<Metric, number> = { temperature: 8, humidity: 40, co2: 2_000 };
const spikeReadings = 3;
const spikeTime = 15 * 60_000;

/** A living sensor's last digit moves; one that repeats itself for this long has died (in real data: 2 hours). */
const stuckTime = 3 * 3_600_000;
const stuckReadings = 10;
/** Equal values before and after a pause of this length say nothing of the time between. */
const stuckPause = 3_600_000;

/**
 * Marks (1) the values that say nothing of the room: impossible ones, stuck ones, and lone jumps.
 * @param times milliseconds, ascending.
 */
export function findBadValues(metric: Metric, times: Float64Array, values: Float64Array): Uint8Array {
  const isPossible = limits[metric];
  const bad = new Uint8Array(values.length);
  for (let n = 0; n < values.length; n++) if (!isPossible(values[n] as number)) bad[n] = 1;
  markStuck(times, values, bad);
  markSpikes(spikes[metric], times, values, bad);
  return bad;
}

function goodIndexes(bad: Uint8Array): Int32Array {
  const good = new Int32Array(bad.length);
  let length = 0;
  for (let n = 0; n < bad.length; n++) if (!bad[n]) good[length++] = n;
  return good.subarray(0, length);
}

function markStuck(times: Float64Array, values: Float64Array, bad: Uint8Array): void {
  const good = goodIndexes(bad);
  const at = (n: number) => times[good[n] as number] as number;
  let start = 0;
  for (let n = 1; n <= good.length; n++) {
    const goesOn =
      n < good.length &&
      values[good[n] as number] === values[good[start] as number] &&
      at(n) - at(n - 1) <= stuckPause;
    if (goesOn) continue;
    if (n - start >= stuckReadings && at(n - 1) - at(start) >= stuckTime) {
      for (let k = start; k < n; k++) bad[good[k] as number] = 1;
    }
    start = n;
  }
}

/** A few readings that are far from the ones before and after, while those agree with each other. */
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
