import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Metric, readValues, type SensorProperties, sensorProperties } from '@mycelium/farm';
import { findFaults, findFrozen } from './bad-values.ts';

const minute = 60_000;
const hour = 60 * minute;

/** Indexes of the bad values of a fine sensor, in readings a minute apart, or at the given minutes. */
function bad(
  metric: Metric,
  raw: number[],
  minutes = raw.map((_, n) => n),
  change: Partial<SensorProperties> = {},
): number[] {
  const times = Float64Array.from(minutes, (at) => at * minute);
  const values = readValues(metric, Float64Array.from(raw));
  const faults = findFaults(metric, times, values);
  const sensor = {
    ...sensorProperties({ sampling: 'regular', ceiling: undefined, step: 0.1 }, []),
    ...change,
  };
  const frozen = findFrozen(metric, sensor, { times, values, bad: faults });
  return [...faults.keys()].filter((n) => faults[n] || frozen?.[n]);
}

test('an implausible value is bad', () => {
  assert.deepEqual(bad('humidity', [90, 100, 100.1, 110.1, 0, Number.NaN]), [3, 4, 5]);
  assert.deepEqual(bad('co2', [2494, 0, -1, 65_535]), [1, 2, 3]);
  assert.deepEqual(bad('temperature', [18, -127, 85, Infinity, 17]), [1, 2, 3]);
});

test('saturated air holds a humidity sensor at the top of its scale', () => {
  for (const value of [99.9, 100, 102.6]) {
    assert.deepEqual(
      bad(
        'humidity',
        Array.from({ length: 300 }, () => value),
      ),
      [],
      `${value}`,
    );
  }
  assert.equal(
    bad(
      'humidity',
      Array.from({ length: 300 }, () => 98),
    ).length,
    300,
  );
});

test('a value that stays the same for three hours is bad from its first reading on', () => {
  const moving = [18.1, 18.2, 18.3];
  const stuck = Array.from({ length: 181 }, () => 18.4);
  assert.deepEqual(
    bad('temperature', [...moving, ...stuck, 18.5]),
    stuck.map((_, n) => n + 3),
  );
  assert.deepEqual(bad('temperature', [...moving, ...stuck.slice(0, 179), 18.5]), []);
});

test('a sensor that explains why it does not move is not frozen', () => {
  const still = Array.from({ length: 300 }, () => 4_800);
  const readings = [4_700, ...still];
  const found = (change: Partial<SensorProperties>) => bad('co2', readings, undefined, change).length;
  assert.equal(found({}), 300);
  assert.equal(found({ ceiling: 4_800 }), 0, 'at its ceiling');
  assert.equal(found({ ceiling: 5_000 }), 300, 'below its ceiling');
  assert.equal(found({ step: 100 }), 0, 'coarse');
  assert.equal(found({ step: undefined }), 0, 'never seen to move');
  assert.equal(found({ sampling: 'on-change' }), 0, 'reports only changes');
  assert.equal(found({ frozenAfter: 6 * hour }), 0, 'set to more');
});

test('lost readings, dropouts and jumps do not make a stuck sensor look live', () => {
  const values = Array.from({ length: 200 }, (_, n) => (n % 20 === 7 ? -127 : n === 100 ? 55 : 18.4));
  assert.equal(bad('temperature', values).length, 200);
});

test('the same value before and after a long pause is not a stuck sensor', () => {
  const minutes = [
    ...Array.from({ length: 30 }, (_, n) => n),
    ...Array.from({ length: 30 }, (_, n) => 300 + n),
  ];
  assert.deepEqual(
    bad(
      'temperature',
      minutes.map(() => 18.4),
      minutes,
    ),
    [],
  );
});

test('a slow logger’s few equal values are not a stuck sensor', () => {
  const minutes = Array.from({ length: 9 }, (_, n) => (n * hour) / minute);
  assert.deepEqual(
    bad(
      'temperature',
      minutes.map(() => 18.4),
      minutes,
    ),
    [],
  );
});

test('a jump and back is bad, an opened door is not', () => {
  assert.deepEqual(bad('temperature', [18.4, 18.5, 55, 18.5, 18.4]), [2]);
  assert.deepEqual(bad('temperature', [18.4, 18.5, 55, 56, 54, 18.5, 18.4]), [2, 3, 4]);
  assert.deepEqual(bad('temperature', [18.4, 3, 18.5, 3, 18.4]), [1, 3]);
  const opened = [90, 90.5, 56, 57, 58, 61, 66, 72, 80, 88, 90];
  assert.deepEqual(bad('humidity', opened), []);
});

test('air that changes to another level and stays there is valid', () => {
  assert.deepEqual(bad('co2', [4_400, 4_300, 2_000, 1_900, 1_850, 1_800, 1_790]), []);
});

test('a jump in the last readings is valid until the value is seen to return', () => {
  assert.deepEqual(bad('temperature', [18.4, 18.5, 55]), []);
});
