import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensurePartitions, prune, staleDays, transaction } from '@mycelium/database';
import { farm, minute, startFarm } from './testing.ts';

const hour = 60 * minute;
const midnight = (day: string) => Date.parse(`${day}T00:00:00Z`);

/** One reading per hour on each of these days. */
function hourly(base: number, ...days: string[]): [number, number][] {
  return days.flatMap((day) =>
    Array.from({ length: 24 }, (_, n) => [midnight(day) + n * hour, base + n / 10] as [number, number]),
  );
}

const june = { from: '2026-06-01', to: '2026-06-30', timeZone: 'UTC' };
type Pool = Awaited<ReturnType<typeof startFarm>>['pool'];
const stale = async (pool: Pool, span = june) =>
  (await staleDays(pool, 'readings', span)).map(({ room, day }) => `${room} ${day}`);

test('a new room’s history is stale, and the next nightly run computes it and nothing else', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('k1', 'temperature', hourly(18, '2026-06-10', '2026-06-11', '2026-06-12'));
  for (const day of ['2026-06-10', '2026-06-11', '2026-06-12']) await run(day);
  assert.deepEqual(await stale(pool), []);

  await write('n1', 'temperature', hourly(19, '2026-06-10', '2026-06-11'));
  assert.deepEqual(await stale(pool), ['n1 2026-06-10', 'n1 2026-06-11']);
  const untouched = await rows('xmin, room, day', `room = 'k1'`);

  // The run's own day has no readings; only the late ones are computed.
  const { written, again } = await run('2026-06-13');
  assert.equal(written, 0);
  assert.deepEqual(again, [
    { day: '2026-06-10', rooms: ['n1'], written: 1 },
    { day: '2026-06-11', rooms: ['n1'], written: 1 },
  ]);
  assert.deepEqual(await rows('day, count', `room = 'n1'`), [
    ['2026-06-10', 24],
    ['2026-06-11', 24],
  ]);
  assert.deepEqual(await rows('xmin, room, day', `room = 'k1'`), untouched);
  assert.deepEqual(await stale(pool), []);
});

test('a backfill of one stale day leaves the other days stale', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('k1', 'temperature', hourly(18, '2026-06-10', '2026-06-11'));
  for (const day of ['2026-06-10', '2026-06-11', '2026-06-12']) await run(day);
  await write('n1', 'temperature', hourly(19, '2026-06-10', '2026-06-11'));
  await write('k1', 'co2', hourly(900, '2026-06-10'));
  assert.deepEqual(await stale(pool), ['k1 2026-06-10', 'n1 2026-06-10', 'n1 2026-06-11']);

  await run('2026-06-10');
  assert.deepEqual(await stale(pool), ['n1 2026-06-11']);
  assert.deepEqual(await rows('room, metric', `day = '2026-06-10'`), [
    ['k1', 'co2'],
    ['k1', 'temperature'],
    ['n1', 'temperature'],
  ]);

  await write('n1', 'humidity', hourly(88, '2026-06-11'));
  await run('2026-06-13');
  assert.deepEqual(await rows('metric', `room = 'n1' and day = '2026-06-11'`), [
    ['humidity'],
    ['temperature'],
  ]);
  assert.deepEqual(await stale(pool), []);
});

test('a room imported in parts, each after the day’s run, gets every day', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  for (const day of ['2026-06-11', '2026-06-12']) await run(day);
  await write('m1', 'temperature', hourly(17, '2026-06-10'));
  await run('2026-06-10');
  assert.deepEqual(await stale(pool), []);

  await write('m1', 'temperature', hourly(17, '2026-06-11'));
  assert.deepEqual(await stale(pool), ['m1 2026-06-11']);
  await run('2026-06-13');
  assert.deepEqual(await rows('day'), [['2026-06-10'], ['2026-06-11']]);
  await write('m1', 'temperature', hourly(17, '2026-06-11'));
  assert.deepEqual(await stale(pool), [], 'an import that changes nothing marks nothing');
});

test('other programs’ SQL: a new room, moved readings and deleted ones', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('k1', 'temperature', hourly(18, '2026-06-10', '2026-06-11'));
  for (const day of ['2026-06-10', '2026-06-11']) await run(day);
  await ensurePartitions(pool, [new Date(midnight('2026-06-10'))]);
  await pool.query(
    `with added as (insert into point (room, device_type, device, point, kind)
       values ('g1', 'mushroom_env_status', 'mushroom_env_status_g1', 'co2', 'measurement') returning id)
     insert into reading select id, '2026-06-10T12:00Z', 900 from added`,
  );
  assert.deepEqual(await stale(pool), ['g1 2026-06-10']);
  await run('2026-06-12');
  assert.deepEqual(await rows('count', `room = 'g1'`), [[1]]);

  await pool.query(`update reading set ts = ts + interval '1 day' where value = 900`);
  assert.deepEqual(await stale(pool), ['g1 2026-06-10', 'g1 2026-06-11']);
  await run('2026-06-12');
  assert.deepEqual(await rows('day', `room = 'g1'`), [['2026-06-11']]);

  await ensurePartitions(pool, [new Date(midnight('2026-05-11'))]);
  await pool.query(`update reading set ts = ts - interval '1 month' where value = 900`);
  assert.deepEqual(await stale(pool, { ...june, from: '2026-05-01' }), ['g1 2026-05-11', 'g1 2026-06-11']);
  await run('2026-06-12');
  assert.deepEqual(await rows('day', `room = 'g1'`), [['2026-05-11']]);

  await pool.query('delete from reading where value = 900');
  await run('2026-06-12');
  assert.deepEqual(await rows('day', `room = 'g1'`), []);

  await pool.query(`update point set room = 'k2', device = 'mushroom_env_status_k2' where room = 'k1'`);
  assert.deepEqual(await stale(pool), ['k2 2026-06-10', 'k2 2026-06-11']);
  assert.deepEqual(await rows('day', `room = 'k1'`), []);
});

test('a sensor that moves to another room leaves no statistics behind', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('k1', 'temperature', hourly(18, '2026-06-10', '2026-06-11'));
  await write('k1', 'co2', hourly(900, '2026-06-11'));
  for (const day of ['2026-06-10', '2026-06-11']) await run(day);
  await pool.query(`update point set room = 'k2', device = 'mushroom_env_status_k2' where point = 'co2'`);
  assert.deepEqual(await stale(pool), ['k1 2026-06-11', 'k2 2026-06-11']);
  await run('2026-06-12');
  assert.deepEqual(await rows('room, day, metric'), [
    ['k1', '2026-06-10', 'temperature'],
    ['k1', '2026-06-11', 'temperature'],
    ['k2', '2026-06-11', 'co2'],
  ]);
});

test('a room that failed in a run that succeeded is computed by the next one', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  for (const room of ['k1', 'k2']) await write(room, 'temperature', hourly(18, '2026-06-10'));
  await pool.query(`alter table env_daily_stats add constraint broken check (room <> 'k2')`);
  const { failed } = await run('2026-06-10');
  assert.deepEqual(
    failed.map(({ room }) => room),
    ['k2'],
  );
  assert.deepEqual(await stale(pool), ['k2 2026-06-10']);
  await pool.query('alter table env_daily_stats drop constraint broken');
  await run('2026-06-11');
  assert.deepEqual(await rows('room'), [['k1'], ['k2']]);
  assert.deepEqual(await stale(pool), []);
});

test('a late growth day makes the statistics that depend on it stale', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('611', 'temperature', hourly(19, '2026-06-10'));
  await run('2026-06-10');
  assert.deepEqual(await rows('growth_day, minutes_above > 0'), [[null, null]]);
  await write('611', 'in_day_num', [[midnight('2026-06-10') + hour, 12]]);
  assert.deepEqual(await stale(pool), ['611 2026-06-10']);
  await run('2026-06-11');
  assert.deepEqual(await rows('growth_day, minutes_above > 0'), [[12, true]]);
});

test('pictures of a new batch, listed after their days were computed, make those statistics stale', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  const days = ['2026-06-10', '2026-06-11', '2026-06-12'];
  await write('611', 'temperature', hourly(19, ...days));
  for (const day of days) await run(day);
  const list = (...pictures: Picture[]) => listPictures(pool, pictures);
  await list(['2026-06-10', '2026-06-01'], ['2026-06-11', '2026-06-01']);
  assert.deepEqual(await stale(pool), ['611 2026-06-10', '611 2026-06-11', '611 2026-06-12']);
  await run('2026-06-13');
  assert.deepEqual(await rows('growth_day'), [[10], [11], [12]]);

  await list(['2026-06-09', '2026-06-01']);
  assert.deepEqual(
    await stale(pool),
    ['611 2026-06-09', '611 2026-06-10'],
    'the room has no earlier picture',
  );
  await run('2026-06-13');
  await list(['2026-06-12', '2026-06-01']);
  assert.deepEqual(await stale(pool), [], 'the same batch');
  await list(['2026-06-12', '2026-06-12']);
  assert.deepEqual(await stale(pool), ['611 2026-06-12', '611 2026-06-13']);
});

test('pictures do not change days on which the controller reported the growth day', async (t) => {
  const { pool, write, run } = await startFarm(t);
  const days = ['2026-06-10', '2026-06-11', '2026-06-12'];
  await write('611', 'temperature', hourly(19, ...days));
  await write('611', 'in_day_num', [
    [midnight('2026-06-10') + hour, 12],
    [midnight('2026-06-11') + hour, 13],
  ]);
  for (const day of days) await run(day);
  await listPictures(pool, [
    ['2026-06-10', '2026-06-01'],
    ['2026-06-12', '2026-06-01'],
  ]);
  assert.deepEqual(await stale(pool), ['611 2026-06-12']);
});

test('a second sensor fills in when the room’s own has no valid reading, and changes nothing else', async (t) => {
  const { pool, write, run, rows } = await startFarm(t);
  await write('611', 'temperature', hourly(18, '2026-06-10'));
  await run('2026-06-10');
  await run('2026-06-11');
  await write('611', 'temperature', hourly(30, '2026-06-10', '2026-06-11'), 'left_mushroom_env_status_611');
  assert.deepEqual(await stale(pool), ['611 2026-06-10', '611 2026-06-11']);
  await run('2026-06-12');
  assert.deepEqual(await rows('day, min'), [
    ['2026-06-10', 18],
    ['2026-06-11', 30],
  ]);
});

test('stale days are in farm time, end at the watermark and leave out pruned readings', async (t) => {
  const timeZone = 'Asia/Shanghai';
  const { pool, write, compute } = await farm(t, timeZone);
  await compute('2026-06-11');
  await write('611', 'temperature', [[Date.parse('2026-06-10T17:00:00Z'), 18]]);
  assert.deepEqual(await stale(pool, { ...june, timeZone }), ['611 2026-06-11']);
  await write('611', 'temperature', [[Date.parse('2026-06-10T15:00:00Z'), 18]]);
  assert.deepEqual(await stale(pool, { ...june, timeZone }), ['611 2026-06-10', '611 2026-06-11']);
  assert.deepEqual(await stale(pool, { ...june, to: '2026-06-10', timeZone }), ['611 2026-06-10']);
  await write('611', 'temperature', hourly(18, '2026-06-11'));
  assert.deepEqual(
    await stale(pool, { ...june, timeZone }),
    ['611 2026-06-10', '611 2026-06-11'],
    'the 12th has not been read',
  );

  const kept = { runs: 400, alerts: 400, audit: undefined, images: undefined, readings: 30 };
  await write('611', 'temperature', [[Date.parse('2026-05-31T15:00:00Z'), 18]]);
  await prune((work) => transaction(pool, work), kept, new Date('2026-07-15'));
  assert.deepEqual(await stale(pool, { from: '2026-05-01', to: '2026-06-10', timeZone }), ['611 2026-06-10']);
});

type Picture = [day: string, inDate: string];

function listPictures(pool: Pool, pictures: Picture[]) {
  return pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select day || in_date, '611', day::date, day::date + interval '8 h', in_date::date, 'c', 1, 'normal', 'e', 1
     from unnest($1::text[], $2::text[]) as picture(day, in_date)`,
    [pictures.map(([day]) => day), pictures.map(([, inDate]) => inDate)],
  );
}
