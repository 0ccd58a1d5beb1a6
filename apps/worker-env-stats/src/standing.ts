import { type GoodReadings, type Sampling, stillPause } from '@mycelium/farm';
import type { Span } from './day-readings.ts';

/** Readings with the milliseconds for which each of them holds. */
export interface Standing extends GoodReadings {
  stands: Float64Array;
}

/** Each reading holds until the next one or the end of the day, but for `limit` milliseconds at most. */
export function standing(good: GoodReadings, end: number, limit: number): Standing {
  const { times } = good;
  const stands = new Float64Array(times.length);
  for (let n = 0; n < times.length; n++) {
    stands[n] = Math.min((times[n + 1] ?? end) - (times[n] as number), limit);
  }
  return { ...good, stands };
}

/** The readings of an on-change sensor, with the value that still holds from before midnight as the first one. */
export function withHeld(
  good: GoodReadings,
  { start, end }: Span,
  holds: number,
  before: { time: number; value: number } | undefined,
): Standing {
  const until = Math.min(good.times[0] ?? end, before ? before.time + holds : start);
  if (!before || until <= start) return standing(good, end, holds);
  const times = Float64Array.of(start, ...good.times);
  const values = Float64Array.of(before.value, ...good.values);
  const all = standing({ times, values, sorted: values.slice().sort() }, end, holds);
  all.stands[0] = until - start;
  return all;
}

/** The minutes for which the values were at least `from`. */
export function minutesFrom({ values, stands }: Standing, from: number): number {
  let sum = 0;
  for (let n = 0; n < values.length; n++) if ((values[n] as number) >= from) sum += stands[n] as number;
  return sum / 60_000;
}

/**
 * The minutes of the longest stretch in which the value did not move. A pause of more than an hour, or longer than a
 * reading holds, ends a stretch.
 */
export function unmovedMinutes({ times, values, stands }: Standing, limit: number): number {
  const pause = Math.max(stillPause, limit);
  let longest = 0;
  let sum = 0;
  for (let n = 0; n < values.length; n++) {
    const moved = values[n] !== values[n - 1] || (times[n] as number) - (times[n - 1] as number) > pause;
    sum = (moved ? 0 : sum) + (stands[n] as number);
    if (sum > longest) longest = sum;
  }
  return longest / 60_000;
}

/** The value below or at which the air was for this share of the time. */
export function timeQuantile({ values, stands }: Standing, share: number): number {
  const order = Array.from(values.keys()).sort((a, b) => (values[a] as number) - (values[b] as number));
  const enough = share * stands.reduce((sum, stand) => sum + stand, 0);
  let sum = 0;
  for (const n of order) {
    sum += stands[n] as number;
    if (sum >= enough) return values[n] as number;
  }
  return values[order.at(-1) as number] as number;
}

/** A reading of a regular sensor holds for this many intervals at most. */
const intervals = 2;

export function longestStanding(sampling: Sampling, holds: number, cadence: number): number {
  return sampling === 'on-change' ? holds : intervals * cadence;
}
