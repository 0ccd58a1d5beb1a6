import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune, transaction } from '@mycelium/database';
import { dayBounds } from '@mycelium/farm';
import { farm, lively, minute } from './testing.ts';

const start = Date.UTC(2026, 2, 3);
const end = Date.UTC(2026, 2, 4);
const day = '2026-03-03';

test('a day is reported as written, and written once', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start, end));
  await write('612', 'temperature', lively(start, start + 360 * minute));
  const report = await compute(day);
  assert.deepEqual(
    report.rooms.map(({ room, metrics: { temperature } }) => [
      room,
      temperature?.count,
      temperature?.expectedCount,
      temperature?.coverage,
    ]),
    [
      ['611', 1_440, 1_440, 1],
      ['612', 360, 1_440, 0.25],
    ],
  );
  assert.equal(report.written, 2);
  assert.deepEqual(
    await rows('room, count, expected_count, coverage, extract(epoch from longest_gap)::int'),
    [
      ['611', 1_440, 1_440, 1, 60],
      ['612', 360, 1_440, 0.25, 1_081 * 60],
    ],
  );
  const before = (await pool.query('select *, xmin from env_daily_stats')).rows;
  assert.equal((await compute(day)).written, 0);
  assert.deepEqual((await pool.query('select *, xmin from env_daily_stats')).rows, before);
});

test('a room without a valid reading has no row, and is reported', async (t) => {
  const { write, compute, rows } = await farm(t);
  await write('611', 'co2', [[start + minute, 0]]);
  await write('612', 'temperature', lively(start - 3_600_000, start));
  const report = await compute(day);
  assert.deepEqual(report.noData, ['611', '612']);
  assert.deepEqual(await rows('room'), []);
});

test('rows of a month whose readings were pruned stay unchanged', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start, end));
  await compute(day);
  await write('611', 'temperature', [[start + 1, 18]]);
  const kept = { runs: 400, alerts: 400, audit: undefined, images: undefined, readings: 30 };
  await prune((work) => transaction(pool, work), kept, new Date('2026-05-15'));
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);

  await write('611', 'temperature', [[start + 2, 30]]); // from a logger found in a drawer
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);
  const { written, noData } = await compute(day);
  assert.deepEqual([written, noData], [0, []]);
  assert.deepEqual(await rows('count, max'), [[1_440, 18.6]]);
});

test('late readings mark their day, and the next run recomputes it', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start, start + 720 * minute));
  await compute(day);
  await write('611', 'temperature', lively(start, end));
  await write('611', 'temperature', lively(end, end + 1_440 * minute));
  assert.equal((await compute('2026-03-04')).written, 1);
  assert.deepEqual(await rows('day, count'), [
    ['2026-03-03', 1_440],
    ['2026-03-04', 1_440],
  ]);
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);
});

test('a day without readings is computed when its readings arrive later', async (t) => {
  const { write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start - 1_440 * minute, start));
  await compute('2026-03-02');
  assert.deepEqual((await compute(day)).noData, ['611']);
  await write('611', 'temperature', lively(start, end));
  await compute('2026-03-04');
  assert.deepEqual(await rows('day'), [['2026-03-02'], ['2026-03-03']]);
});

test('a day computed after later ones has the same result', async (t) => {
  const { write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start - 1_440 * minute, end));
  await compute('2026-03-02');
  await compute(day);
  const before = await rows('*');
  await compute('2026-03-02');
  assert.deepEqual(await rows('*'), before);
});

test('a metric whose readings were removed loses its row', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start, end));
  await write('611', 'co2', [[start, 2_000]]);
  await compute(day);
  await pool.query('delete from reading where value = 2000');
  await compute(day);
  assert.deepEqual(await rows('metric'), [['temperature']]);
});

test('growth day, phase and band come from the controller, or from the latest picture', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  for (const room of ['611', '612', '607']) {
    await write(room, 'temperature', [
      [start, 10],
      [start + minute, 18],
      [start + 2 * minute, 20],
    ]);
  }
  await pool.query(
    `insert into point (room, device_type, device, point, kind)
     values ('611', 'mushroom_info', 'mushroom_info_611', 'in_day_num', 'analog');`,
  );
  await pool.query(`insert into reading select id, $1, 12 from point where point = 'in_day_num'`, [
    new Date(start + minute),
  ]);
  await pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     values ('k', '612', '2026-03-01', '2026-03-01T00:00Z', '2026-02-01', 'c', 29, 'non_growth', 'e', 1)`,
  );
  await compute(day);
  assert.deepEqual(await rows('room, growth_day, phase, minutes_below, minutes_above'), [
    ['607', null, null, null, null],
    ['611', 12, 'normal', 1, 2],
    ['612', 31, 'non_growth', null, null],
  ]);
});

test('too few readings are measured against the usual cadence of the point', async (t) => {
  const { write, compute, rows } = await farm(t);
  await write('611', 'temperature', lively(start - 2_880 * minute, start - 1_440 * minute, 5 * minute));
  await write('611', 'temperature', [[start + minute, 18]]);
  await compute(day);
  assert.deepEqual(await rows('count, expected_count'), [[1, 288]]);
});

test('days with a clock change have 23 or 25 hours', async (t) => {
  for (const [timeZone, spring, autumn] of [
    ['Europe/London', '2025-03-30', '2025-10-26'],
    ['America/St_Johns', '2025-03-09', '2025-11-02'],
  ] as const) {
    const { write, compute, rows } = await farm(t, timeZone);
    for (const name of [spring, autumn]) {
      const bounds = dayBounds(name, timeZone);
      await write(
        '611',
        'temperature',
        lively(bounds.start.getTime() - 3_600_000, bounds.end.getTime() + 3_600_000),
      );
      await compute(name);
    }
    assert.deepEqual(await rows('day, count, expected_count, coverage, time_zone'), [
      [spring, 1_380, 1_380, 1, timeZone],
      [autumn, 1_500, 1_500, 1, timeZone],
    ]);
  }
});

test('one room that fails does not stop the others', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  for (const room of ['607', '608', '611']) await write(room, 'temperature', lively(start, end));
  await pool.query(`alter table env_daily_stats add check (room <> '608')`);
  const report = await compute(day);
  assert.deepEqual(
    report.failed.map(({ room }) => room),
    ['608'],
  );
  assert.deepEqual(await rows('room'), [['607'], ['611']]);
  await pool.query('delete from env_daily_stats');
  await pool.query(`alter table env_daily_stats add check (room = 'none')`);
  await assert.rejects(compute(day), /no room could be computed/);
});

test('a late room that fails does not fail a run that computed another late room', async (t) => {
  const { pool, write, compute, rows } = await farm(t);
  await write('607', 'temperature', lively(start, start + 60 * minute));
  await write('608', 'temperature', lively(start, start + 60 * minute));
  await compute(day);
  for (const room of ['607', '608']) await write(room, 'temperature', lively(start, end));
  await pool.query(`alter table env_daily_stats add check (room <> '608') not valid`);
  const report = await compute('2026-03-04');
  assert.deepEqual(
    [report.rooms, report.failed.map(({ room }) => room), report.again?.map(({ written }) => written)],
    [[], ['608'], [1]],
  );
  assert.deepEqual(await rows('room, count'), [
    ['607', 1_440],
    ['608', 60],
  ]);
});

test('a farm without sensors has an empty report', async (t) => {
  const { compute } = await farm(t);
  assert.deepEqual(await compute(day), {
    day,
    rooms: [],
    written: 0,
    noData: [],
    failed: [],
    sensors: [],
    again: [],
  });
});
