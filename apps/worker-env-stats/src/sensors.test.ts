import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setSensorRule } from '@mycelium/database';
import { factsOf, viewOf } from '@mycelium/queue';
import { farm, minute, startFarm } from './testing.ts';

const start = Date.UTC(2026, 5, 10);
const day = '2026-06-10';

/** A day of readings five minutes apart. */
function everyFive(value: (n: number) => number, from = start): [number, number][] {
  return Array.from({ length: 288 }, (_, n) => [from + n * 5 * minute, value(n)]);
}
const moving = (n: number) => 85 + ((n * 5) % 16) / 10;

test('a fogged day is a day with data, and reports its saturated minutes', async (t) => {
  const { write, compute, rows } = await farm(t);
  const values = (n: number) => (n < 96 ? 102.6 : n < 192 ? 99.9 : 94.1 + (n % 5) / 10);
  await write('t1', 'humidity', everyFive(values));
  await write(
    't1b',
    'humidity',
    everyFive(() => 102.6),
  );
  await write(
    't1c',
    'humidity',
    everyFive((n) => 100.2 + ((n * 5) % 7) / 10),
  );
  const report = await compute(day);
  assert.deepEqual(
    await rows('room, count, round(mean::numeric, 1)::float8, saturated_minutes, unmoved_minutes'),
    [
      ['t1', 288, 98.1, 960, 480],
      ['t1b', 288, 100, 1_440, 1_440],
      ['t1c', 288, 100, 1_440, 1_440],
    ],
  );
  assert.deepEqual(report.sensors?.[0], {
    room: 't1',
    day,
    metric: 'humidity',
    state: 'saturated',
    minutes: 960,
  });
});

test('a value at the end of a CO2 sensor’s scale is its ceiling, and counts', async (t) => {
  const { write, compute, rows } = await farm(t);
  await write(
    't12',
    'co2',
    everyFive(() => 5_000),
  );
  await write(
    't12',
    'temperature',
    everyFive((n) => (n === 144 || n === 145 ? 23 : 22)),
  );
  await write(
    't12b',
    'co2',
    everyFive((n) => (n < 240 ? 5_000 : 1_200 + ((n * 3) % 10))),
  );
  await compute(day);
  const columns = 'room, metric, count, round(mean)::int, ceiling_minutes, unmoved_minutes, frozen_count';
  assert.deepEqual(await rows(columns), [
    ['t12', 'co2', 288, 5_000, 1_440, 1_440, 0],
    ['t12', 'temperature', 288, 22, 0, 720, 0],
    ['t12b', 'co2', 288, 4_367, 1_200, 1_200, 0],
  ]);
});

test('a frozen sensor is left out and reported, also when it was frozen all day', async (t) => {
  const { write, run, rows } = await startFarm(t);
  await write(
    't12c',
    'humidity',
    everyFive((n) => (n < 96 ? moving(n) : 59.4)),
  );
  const report = await run(day);
  assert.deepEqual(await rows('count, bad_count, frozen_count, unmoved_minutes, max < 87'), [
    [96, 192, 192, 960, true],
  ]);
  const left = { readings: 192, minutes: 960, device: 'mushroom_env_status_t12c' };
  assert.deepEqual(report.sensors, [{ room: 't12c', day, metric: 'humidity', state: 'frozen', ...left }]);
  assert.deepEqual(viewOf('daily_env_stats', report)?.leftOut[0]?.code, 'left-out.frozen');

  await write(
    't12c',
    'humidity',
    everyFive(() => 59.4, start + 1_440 * minute),
  );
  const next = await run('2026-06-11');
  assert.deepEqual([next.noData, next.sensors?.[0]?.readings], [['t12c'], 288]);
  assert.deepEqual(factsOf('daily_env_stats', next)?.roomsWithoutData, ['t12c']);
});

test('what a sensor showed on the days before decides, whether they were computed or not', async (t) => {
  const { write, compute, rows, pool } = await farm(t);
  await write('t1', 'humidity', everyFive(moving, start - 3 * 1_440 * minute));
  await write(
    't1',
    'humidity',
    everyFive(() => 59.4),
  );
  assert.deepEqual((await compute(day)).noData, ['t1']);
  await pool.query('delete from sensor_day');
  await compute('2026-06-07');
  assert.deepEqual((await compute(day)).noData, ['t1']);
  assert.deepEqual(await rows('day'), [['2026-06-07']]);
});

test('late readings of an earlier day change what a sensor is known for', async (t) => {
  const { write, compute } = await farm(t);
  await write(
    't1',
    'humidity',
    everyFive(() => 59.4, start - 1_440 * minute),
  );
  await compute('2026-06-09');
  await write('t1', 'humidity', everyFive(moving, start - 1_440 * minute).slice(0, 20));
  await write(
    't1',
    'humidity',
    everyFive(() => 59.4),
  );
  assert.equal((await compute(day)).sensors?.at(0)?.state, 'frozen');
});

const minutesOfDay = 1_440 * minute;
const learned = { sampling: null, holds: null, ceiling: null, step: null, frozenAfter: null };
const temperature = { deviceType: 'mushroom_env_status', point: 'temperature', device: '*', ...learned };
const onChange = { ...temperature, sampling: 'on-change', validFrom: new Date(start) } as const;

test('a sensor set to report only changes holds its last value, and its coverage says so', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('t10', 'temperature', [
    [start, 18],
    ...Array.from(
      { length: 41 },
      (_, n) => [start + (1_200 + n) * minute, 22 + (n % 4) / 10] as [number, number],
    ),
    [start + 1_241 * minute, 18.1],
  ]);
  const columns =
    'count, expected_count, round(coverage::numeric, 2)::float8 as share, round(mean::numeric, 1)::float8 as mean, median';
  await compute(day);
  assert.deepEqual(await rows(columns), [[43, 1_440, 0.03, 22, 22.1]]);
  await setSensorRule(pool, onChange);
  await compute('2026-06-11');
  assert.deepEqual(await rows(`day, ${columns}`), [
    [day, 43, 43, 1, 18.1, 18],
    ['2026-06-11', 0, 0, 0.86, 18.1, 18.1],
  ]);
  await setSensorRule(pool, { ...onChange, holds: 60 * minute });
  await compute('2026-06-12');
  const [[coverage]] = (await rows('coverage')) as [[number]];
  assert.equal(coverage, (60 + 41 + 60) / 1_440);
});

test('a version holds from the day in which it begins, and earlier days keep theirs', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  const still = (n: number) => (n < 20 ? 18 + (n % 5) / 10 : 18.4);
  for (const days of [0, 1]) await write('t1', 'temperature', everyFive(still, start + days * minutesOfDay));
  await compute(day);
  await compute('2026-06-11');
  assert.deepEqual(await rows('frozen_count'), [[269], [269]]);
  const noon = new Date(start + 1.5 * minutesOfDay);
  await setSensorRule(pool, { ...temperature, frozenAfter: 24 * 60 * minute, validFrom: noon });
  await compute('2026-06-12');
  assert.deepEqual(await rows('frozen_count'), [[269], [0]]);
});

test('late readings make the following days stale that they change, and no others', async (t) => {
  const { write, compute, rows } = await farm(t);
  const day = (n: number) => start + n * minutesOfDay;
  for (const n of [0, 1, 2, 3])
    await write(
      't1',
      'humidity',
      everyFive(() => 59.4, day(n)),
    );
  for (const n of [0, 1, 2]) await compute(new Date(day(n)).toISOString().slice(0, 10));
  assert.deepEqual(await rows('frozen_count'), [[0], [0], [0]]);

  await write('t1', 'humidity', [[day(1) - minute, 59.4]]);
  const again = async (own: string) => (await compute(own)).again?.map((one) => one.day);
  assert.deepEqual(await again('2026-06-13'), ['2026-06-10']);
  await write('t1', 'humidity', everyFive(moving).slice(0, 20)); // so it can move
  const all = ['2026-06-10', '2026-06-11', '2026-06-12', '2026-06-13'];
  assert.deepEqual(await again('2026-06-14'), all);
  assert.deepEqual(await rows('day, frozen_count'), [['2026-06-10', 269]]);
  await write('t1', 'humidity', [[day(1) - minute / 2, 59.6]]);
  assert.deepEqual(await again('2026-06-15'), all.slice(0, 2), 'the next day looks back to it');
});
