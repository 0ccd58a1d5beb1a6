import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findChanges, isChange, type Threshold } from './change-detection.ts';

const half: Threshold[] = [{ validFrom: -Infinity, threshold: 0.5 }];

function changes(values: number[], reported?: number, thresholds = half) {
  const series = {
    pointId: 1,
    times: Float64Array.from(values, (_, n) => n * 60_000),
    values: Float64Array.from(values),
  };
  return findChanges(series, reported, thresholds).map(({ previous, value }) => [previous, value]);
}

test('a step of exactly the threshold in decimal notation counts, and a smaller one does not', () => {
  for (let tenths = -400; tenths < 400; tenths++) {
    assert.ok(isChange(tenths / 10, (tenths + 5) / 10, 0.5), `${tenths / 10} + 0.5`);
    assert.ok(isChange(tenths / 10, (tenths - 2) / 10, 0.2), `${tenths / 10} - 0.2`);
    assert.ok(
      isChange(Math.fround(tenths / 10), Math.fround((tenths + 5) / 10), 0.5),
      `single ${tenths / 10}`,
    );
    assert.ok(!isChange(tenths / 10, (tenths * 10 + 49) / 100, 0.5), `${tenths / 10} + 0.49`);
  }
  assert.ok(isChange(2_000, 2_050, 50));
  assert.ok(!isChange(2_000, 2_049.9, 50));
});

test('a slow ramp is reported each time it has moved by the threshold', () => {
  const ramp = Array.from({ length: 21 }, (_, n) => 15 + n / 10);
  assert.deepEqual(changes(ramp, 15), [
    [15, 15.5],
    [15.5, 16],
    [16, 16.5],
    [16.5, 17],
  ]);
});

test('a value that swings below the threshold is quiet', () => {
  assert.deepEqual(changes([15, 15.4, 15, 15.4, 14.6, 15.4], 15), []);
});

test('the first value of a new point is a baseline and not a change', () => {
  assert.deepEqual(changes([15, 15, 16]), [
    [null, 15],
    [15, 16],
  ]);
});

test('any new value of a switch or mode counts', () => {
  assert.deepEqual(changes([0, 1, 1, 2, 0], 0, [{ validFrom: -Infinity, threshold: null }]), [
    [0, 1],
    [1, 2],
    [2, 0],
  ]);
});

test('a step is judged by the threshold valid at its time', () => {
  const thresholds = [...half, { validFrom: 2 * 60_000, threshold: 2 }];
  assert.deepEqual(changes([15, 16, 17, 18, 19], 15, thresholds), [
    [15, 16],
    [16, 18],
  ]);
});

test('lowering a threshold reports a value that had already drifted', () => {
  const thresholds = [
    { validFrom: -Infinity, threshold: 2 },
    { validFrom: 2 * 60_000, threshold: 0.5 },
  ];
  assert.deepEqual(changes([16, 16, 16, 16], 15, thresholds), [[15, 16]]);
});

test('NaN is ignored', () => {
  assert.deepEqual(changes([15, Number.NaN, 15, Number.NaN, 16], 15), [[15, 16]]);
});

test('property: any division into windows finds the same changes', () => {
  const tenths = fc.array(fc.integer({ min: 100, max: 130 }), { maxLength: 60 });
  fc.assert(
    fc.property(tenths, fc.integer({ min: 1, max: 20 }), (values, width) => {
      const all = values.map((value) => value / 10);
      const whole = changes(all);
      const cut: unknown[] = [];
      let reported: number | undefined;
      for (let from = 0; from < all.length; from += width) {
        const found = changes(all.slice(from, from + width), reported);
        cut.push(...found);
        reported = (found.at(-1)?.[1] as number | undefined) ?? reported;
      }
      assert.deepEqual(cut, whole);
      assert.deepEqual(whole, textbook(values));
    }),
    { seed: 721 },
  );
});

/** With whole tenths there is no rounding. */
function textbook(tenths: number[]) {
  const found: [number | null, number][] = [];
  let reported: number | null = null;
  for (const value of tenths) {
    if (reported !== null && Math.abs(value - reported) < 5) continue;
    found.push([reported === null ? null : reported / 10, value / 10]);
    reported = value;
  }
  return found;
}
