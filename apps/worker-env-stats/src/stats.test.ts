import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayBounds, type Metric, sensorProperties } from '@mycelium/farm';
import fc from 'fast-check';
import { dayReadings } from './day-readings.ts';
import { type DayOfReadings, describeDay } from './stats.ts';

const minute = 60_000;
const start = Date.UTC(2026, 2, 3);

interface Change extends Partial<Omit<DayOfReadings, 'readings'>> {
  metric?: Metric;
  times?: Float64Array;
  start?: number;
  end?: number;
}

/** The statistics of a day of CO2 readings of a fine sensor, one a minute. No rule flags them. */
function describe(values: number[], change: Change = {}) {
  const { metric = 'co2', end = start + 1_440 * minute, ...rest } = change;
  const times = rest.times ?? Float64Array.from(values, (_, n) => start + n * minute);
  const series = { times, values: Float64Array.from(values) };
  return describeDay({
    readings: dayReadings(metric, series, { start: rest.start ?? start, end }),
    cadence: minute,
    bands: [{ from: start }],
    sensor: sensorProperties({ sampling: 'regular', ceiling: undefined, step: 0.1 }, []),
    ...rest,
  }).stats;
}

const lively = (n: number) => 2_000 + ((n * 37) % 101);

test('a full day is described completely', () => {
  const values = Array.from({ length: 1_440 }, (_, n) => lively(n));
  const stats = describe(values);
  assert.ok(stats);
  assert.equal(stats.count, 1_440);
  assert.equal(stats.expectedCount, 1_440);
  assert.equal(stats.coverage, 1);
  assert.equal(stats.longestGapSeconds, 60);
  assert.equal(stats.badCount, 0);
  assert.equal(stats.min, 2_000);
  assert.equal(stats.minAt.getTime(), start);
  assert.equal(stats.max, 2_100);
  assert.equal(stats.maxAt.getTime(), start + values.indexOf(2_100) * minute);
  assert.equal(stats.minutesBelow, null);
});

test('an empty day, and one of bad values only, has no row', () => {
  assert.equal(describe([]), undefined);
  assert.equal(describe([0, 0, Number.NaN, -3]), undefined);
});

test('readings before the day are not counted', () => {
  const times = Float64Array.of(start - 1, start, start + 1_440 * minute - 1);
  const stats = describe([1, 2, 3], { times });
  assert.deepEqual([stats?.count, stats?.min, stats?.max], [2, 2, 3]);
});

test('the longest gap includes the edges of the day and the gaps left by bad values', () => {
  const values = Array.from({ length: 600 }, (_, n) => lively(n));
  assert.equal(describe(values)?.longestGapSeconds, (1_440 - 599) * 60);
  const dropped = values.map((value, n) => (n >= 100 && n < 130 ? 0 : value));
  const whole = Array.from({ length: 1_440 }, (_, n) => dropped[n] ?? lively(n));
  assert.equal(describe(whole)?.longestGapSeconds, 31 * 60);
  assert.equal(describe(whole)?.badCount, 30);
});

test('a reading holds until the next one, but for two cadences at most', () => {
  const times = Float64Array.of(start, start + minute, start + 101 * minute);
  const stats = describe([10, 20, 70], { times, end: start + 102 * minute });
  assert.equal(stats?.timeWeightedMean, (10 * 1 + 20 * 2 + 70 * 1) / 4);
  assert.equal(stats?.mean, 100 / 3);
});

test('a fogged day counts as 100 %', () => {
  const fogged = Array.from({ length: 1_440 }, (_, n) => (n < 960 ? 102.6 : 90 + (n % 7) / 10));
  const stats = describe(fogged, { metric: 'humidity' });
  assert.deepEqual([stats?.count, stats?.badCount, stats?.max, stats?.median], [1_440, 0, 100, 100]);
  const whole = describe(Array(1_440).fill(102.6), { metric: 'humidity' });
  assert.deepEqual([whole?.count, whole?.min, whole?.mean], [1_440, 100, 100]);
});

test('minutes outside the band are counted by the band valid at the time', () => {
  const values = Array.from({ length: 1_440 }, (_, n) => (n % 2 === 0 ? 1_000 : 3_000));
  const noon = start + 720 * minute;
  const bands = [
    { from: start, band: { low: 1_500, high: 3_500 } },
    { from: noon, band: { low: 500, high: 2_500 } },
  ];
  const stats = describe(values, { bands });
  assert.equal(stats?.minutesBelow, 360);
  assert.equal(stats?.minutesAbove, 360);
});

test('days of a clock change expect 23 or 25 hours of readings', () => {
  const expected = (name: string, timeZone: string) => {
    const bounds = dayBounds(name, timeZone);
    const from = bounds.start.getTime();
    const length = (bounds.end.getTime() - from) / minute;
    const values = Array.from({ length }, (_, n) => lively(n));
    const times = Float64Array.from(values, (_, n) => from + n * minute);
    const stats = describe(values, { times, start: from, end: bounds.end.getTime() });
    return [stats?.count, stats?.expectedCount, stats?.coverage];
  };
  assert.deepEqual(expected('2025-03-30', 'Europe/London'), [1_380, 1_380, 1]);
  assert.deepEqual(expected('2025-10-26', 'Europe/London'), [1_500, 1_500, 1]);
  assert.deepEqual(expected('2025-03-09', 'America/St_Johns'), [1_380, 1_380, 1]);
  assert.deepEqual(expected('2025-11-02', 'America/St_Johns'), [1_500, 1_500, 1]);
});

test('property: the statistics of any day match a textbook implementation', () => {
  const reading = fc.record({
    after: fc.integer({ min: 1, max: 90 }),
    // Values too close together to count as jumps, and some broken ones.
    value: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 150, max: 200 }).map((tenths) => tenths / 10) },
      { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -127, 85, Infinity) },
    ),
  });
  fc.assert(
    fc.property(fc.array(reading, { maxLength: 200 }), (readings) => {
      let at = start;
      const times = readings.map(({ after }) => {
        at += after * 1_000;
        return at;
      });
      const values = readings.map(({ value }) => value);
      const stats = describe(values, { metric: 'temperature', times: Float64Array.from(times) });
      const good = readings.map(({ value }) => value).filter((value) => value > -40 && value < 80);
      if (good.length === 0) return assert.equal(stats, undefined);
      assert.ok(stats);
      const sorted = good.toSorted((a, b) => a - b);
      const near = (ours: number, theirs: number) =>
        assert.ok(Math.abs(ours - theirs) < 1e-9, `${ours} ${theirs}`);
      assert.equal(stats.count, good.length);
      assert.equal(stats.badCount, readings.length - good.length);
      near(stats.mean, good.reduce((sum, value) => sum + value, 0) / good.length);
      assert.equal(stats.min, Math.min(...good));
      assert.equal(stats.max, Math.max(...good));
      assert.equal(stats.minAt.getTime(), times[readings.findIndex(({ value }) => value === stats.min)]);
      for (const [name, p] of [
        ['p5', 0.05],
        ['q25', 0.25],
        ['median', 0.5],
        ['q75', 0.75],
        ['p95', 0.95],
      ] as const) {
        near(stats[name], textbookQuantile(sorted, p));
      }
    }),
    { seed: 20260303, numRuns: 300 },
  );
});

/** The line through the points (0, x₀), (1/(n−1), x₁) … (1, xₙ₋₁), evaluated at p. */
function textbookQuantile(sorted: number[], p: number): number {
  const points = sorted.map((value, n) => ({ at: sorted.length > 1 ? n / (sorted.length - 1) : 0, value }));
  const right = points.findIndex(({ at }) => at >= p);
  if (right <= 0) return (points[0] as { value: number }).value;
  const [a, b] = [points[right - 1], points[right]] as [(typeof points)[0], (typeof points)[0]];
  const share = (p - a.at) / (b.at - a.at);
  return a.value * (1 - share) + b.value * share;
}
