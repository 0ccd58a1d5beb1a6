import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Metric, metrics } from './metric.ts';
import { plausible, readValue, readValues, topOfScale } from './plausible.ts';

test('humidity of 100 to 110 % is saturated air, and counts as 100', () => {
  for (const value of [100, 100.1, 102.6, 105, 107.5, 110]) assert.equal(readValue('humidity', value), 100);
  for (const value of [110.1, 0, -1, Number.NaN, Infinity]) {
    assert.equal(readValue('humidity', value), undefined, `${value}`);
  }
  assert.equal(readValue('humidity', 99.9), 99.9);
  assert.deepEqual([topOfScale('humidity'), topOfScale('co2')], [99.9, Number.POSITIVE_INFINITY]);
});

test('a CO2 of 0 is a dropout, and a temperature of 0 is cold', () => {
  const read = (metric: Metric, values: number[]) => values.map((value) => readValue(metric, value));
  assert.deepEqual(read('co2', [0, -0, -1, 2_494, 40_000, 65_535]), [
    undefined,
    undefined,
    undefined,
    2_494,
    40_000,
    undefined,
  ]);
  assert.deepEqual(read('temperature', [0, -40, 80, -127, 85]), [0, -40, 80, undefined, undefined]);
});

test('property: single values and arrays are read alike', () => {
  const values = fc.array(
    fc.oneof(fc.double(), fc.double({ min: -150, max: 150 }), fc.constantFrom(0, 100, 110)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...metrics), values, (metric, list) => {
      const read = readValues(metric, Float64Array.from(list));
      for (const [n, value] of list.entries()) {
        assert.equal(Number.isNaN(read[n]), !plausible(metric, value));
        if (plausible(metric, value)) assert.equal(read[n], readValue(metric, value));
      }
    }),
  );
});
