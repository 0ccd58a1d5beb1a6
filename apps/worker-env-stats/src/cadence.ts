import { quantile } from './quantile.ts';

/** With fewer gaps, a point's cadence counts as unknown. */
export const enoughGaps = 12;

/** The usual milliseconds between a point's readings: the median gap. Undefined when there are too few. */
export function medianGap(times: Float64Array, from = 0, to = times.length): number | undefined {
  if (to - from - 1 < enoughGaps) return;
  const gaps = new Float64Array(to - from - 1);
  for (let n = 0; n < gaps.length; n++)
    gaps[n] = (times[from + n + 1] as number) - (times[from + n] as number);
  return quantile(gaps.sort(), 0.5);
}

/**
 * How often a point reports: the shorter of its median gaps over the day and over the hours before. The gap of the
 * day alone would let a sensor that loses most of its readings lower its own expected count.
 * @param dayBegins index of the day's first reading.
 */
export function cadenceOf(times: Float64Array, dayBegins: number): number | undefined {
  const usual = [medianGap(times, dayBegins), medianGap(times, 0, dayBegins)].filter(
    (gap) => gap !== undefined,
  );
  return usual.length > 0 ? Math.min(...usual) : medianGap(times);
}
