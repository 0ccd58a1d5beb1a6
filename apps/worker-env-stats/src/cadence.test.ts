import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cadenceOf } from './cadence.ts';

const every = (seconds: number, count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => (from + n * seconds) * 1_000);

test('a cadence is the median gap, despite a few outliers', () => {
  const times = [...every(60, 100), ...every(60, 100, 20_000)];
  assert.equal(cadenceOf(Float64Array.from(times), 0), 60_000);
});

test('a clock truncated to minutes does not hide a cadence of five minutes', () => {
  const times = Float64Array.from({ length: 288 }, (_, n) => Math.floor((n * 299) / 60) * 60_000);
  assert.equal(cadenceOf(times, 0), 300_000);
});

test('the cadence of a day that lost most of its readings comes from the hours before it', () => {
  const times = [...every(60, 180), ...every(600, 144, 10_800)];
  assert.equal(cadenceOf(Float64Array.from(times), 180), 60_000);
});

test('too few readings give no cadence', () => {
  assert.equal(cadenceOf(Float64Array.from(every(60, 5)), 0), undefined);
});
