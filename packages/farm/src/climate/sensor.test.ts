import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Metric } from './metric.ts';
import {
  learnSensor,
  type SensorRule,
  sensorProperties,
  sensorRulesAt,
  unexplainedStillness,
} from './sensor.ts';
import { observeSensor } from './sensor-day.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A day's values, five minutes apart or at the given minutes. */
function observed(values: number[], at = (n: number) => 5 * n) {
  const times = Float64Array.from(values, (_, n) => at(n) * minute);
  const gaps = Array.from(times.slice(1), (time, n) => time - (times[n] as number)).sort((a, b) => a - b);
  const read = Float64Array.from(values);
  return observeSensor({ times, values: read, sorted: read.slice().sort() }, gaps[gaps.length >> 1]);
}

const learn = (metric: Metric, ...days: number[][]) =>
  learnSensor(
    metric,
    days.map((values) => observed(values)),
  );

const held = (value: number, count = 48) => Array<number>(count).fill(value);
const moving = [1_203, 1_208, 1_204, 1_200, 1_205, 1_201, 1_206, 1_209];
const often = (...values: number[]) => Array.from({ length: 20 }, () => values).flat();

describe('the step', () => {
  test('is the smallest difference between values, over all days', () => {
    assert.equal(learn('temperature', often(22, 23), [22, 25]).step, 1);
    assert.equal(learn('temperature', often(22, 23), held(22.5)).step, 0.5);
    assert.equal(learn('temperature', often(18.1, 18.2, 18.5)).step, 0.1);
  });
  test('of a sensor that hardly ever moved is unknown', () => {
    assert.equal(learn('temperature', held(22), held(22)).step, undefined);
    assert.equal(learn('temperature', [...held(22), 22.1, ...held(22)]).step, undefined);
    assert.equal(learnSensor('co2', []).step, undefined);
  });
});

describe('the ceiling', () => {
  test('is the end of a usual scale where the sensor stayed, with nothing above it', () => {
    assert.equal(learn('co2', held(5_000)).ceiling, 5_000);
    assert.equal(learn('co2', [...held(5_000), ...moving]).ceiling, 5_000);
    assert.equal(learn('co2', [...held(5_000), ...moving], [5_100, ...moving]).ceiling, undefined);
    assert.equal(learn('co2', [2_000, ...moving]).ceiling, undefined, 'one value proves nothing');
    assert.equal(learn('humidity', held(50)).ceiling, undefined);
  });
  test('is the maximum that a sensor held in several separate stretches', () => {
    const twice = [...held(3_000), ...moving, ...held(3_000), ...moving];
    assert.equal(learn('co2', twice).ceiling, 3_000);
    assert.equal(learn('co2', [...held(3_000), ...moving], [...held(3_000), ...moving]).ceiling, 3_000);
    assert.equal(learn('co2', [...held(3_000), ...moving], moving).ceiling, undefined, 'once');
    assert.equal(learn('co2', [...moving, ...held(3_000)], held(3_000)).ceiling, undefined, 'over midnight');
    assert.equal(learn('temperature', [...held(19), 18, ...held(19), 18]).ceiling, undefined, 'coarse');
  });
  test('is not where a humidity sensor stays in saturated air', () => {
    const fogged = [...held(100), 99.8, 99.5, ...held(100), 99];
    assert.equal(learn('humidity', fogged).ceiling, undefined);
  });
});

describe('on-change reporting', () => {
  const values = Array.from({ length: 100 }, (_, n) => 18 + (n % 7) / 10);
  const sampling = (read: number[], at: (n: number) => number) =>
    learnSensor('temperature', [observed(read, at)]).sampling;
  const irregular = (n: number) => n * 7 + ((n * n * 7_919) % 101) / 17 + (n % 3) * 2;

  test('is recognised by values that always differ at times without an interval', () => {
    assert.equal(sampling(values, irregular), 'on-change');
  });
  test('is not what lost readings look like', () => {
    for (const kept of [75, 50, 40]) {
      const minutes = Array.from({ length: 1_440 }, (_, n) => n).filter((n) => (n * n * 31) % 97 < kept);
      assert.equal(
        sampling(values, (n) => minutes[n] as number),
        'regular',
        `${kept} of 97 arrived`,
      );
    }
    assert.equal(
      sampling(values, (n) => 2 * n - (n % 5 === 0 ? 1 : 0)),
      'regular',
    );
  });
  test('needs values that differ, and enough of them', () => {
    assert.equal(sampling(values.map((value, n) => (n % 5 ? value : 18.3)).sort(), irregular), 'regular');
    assert.equal(sampling(values.slice(0, 20), irregular), 'regular');
  });
  test('tolerates the jitter of a radio', () => {
    assert.equal(
      sampling(values, (n) => n + ((n * 7_919) % 13) / 60),
      'regular',
    );
  });
});

test('what is set precedes what is learned, and what is set for a device what is set for all', () => {
  const rule = (device: string, validFrom: number, change: Partial<SensorRule>): SensorRule => ({
    deviceType: 'mushroom_env_status',
    point: 'co2',
    device,
    validFrom,
    sampling: null,
    holds: null,
    ceiling: null,
    step: null,
    frozenAfter: null,
    ...change,
  });
  const rules = [
    rule('*', Number.NEGATIVE_INFINITY, { ceiling: 5_000 }),
    rule('*', 100, { ceiling: 2_000, frozenAfter: 8 * hour }),
    rule('own', 100, { ceiling: 10_000 }),
  ];
  const at = (device: string, time: number) =>
    sensorProperties(
      { sampling: 'regular', ceiling: 40_000, step: 1 },
      sensorRulesAt(rules, { deviceType: 'mushroom_env_status', device, point: 'co2' }, time),
    );
  assert.deepEqual(at('other', 99), {
    sampling: 'regular',
    holds: 24 * hour,
    ceiling: 5_000,
    step: 1,
    frozenAfter: 3 * hour,
  });
  assert.deepEqual([at('other', 100).ceiling, at('other', 100).frozenAfter], [2_000, 8 * hour]);
  assert.deepEqual([at('own', 100).ceiling, at('own', 100).frozenAfter], [10_000, 8 * hour]);
});

test('a sensor stands still without a reason from three hours on, unless fog, its ceiling or its sampling explain it', () => {
  const day = {
    sampling: 'regular',
    unmovedMinutes: 180,
    saturatedMinutes: 0,
    ceilingMinutes: null,
  } as const;
  assert.equal(unexplainedStillness(day), 180);
  assert.equal(unexplainedStillness({ ...day, unmovedMinutes: 179 }), 0);
  assert.equal(unexplainedStillness({ ...day, saturatedMinutes: 180 }), 0);
  assert.equal(unexplainedStillness({ ...day, ceilingMinutes: 600 }), 0);
  assert.equal(unexplainedStillness({ ...day, ceilingMinutes: 20 }), 180);
  assert.equal(unexplainedStillness({ ...day, sampling: 'on-change' }), 0);
  assert.equal(unexplainedStillness({ ...day, sampling: null, unmovedMinutes: null }), 0);
});
