import assert from 'node:assert/strict';
import { test } from 'node:test';
import { staleDays } from '@mycelium/database';
import { at, startFarm } from './testing.ts';

type Pool = Awaited<ReturnType<typeof startFarm>>['pool'];
const stale = async (pool: Pool) => {
  const days = await staleDays(pool, 'setpoints', { from: '2026-03-01', to: '2026-03-31', timeZone: 'UTC' });
  return days.map(({ room, day }) => `${room} ${day}`);
};
/** Four values, three hours apart, on 10 March. */
const values = (...list: number[]) =>
  list.map((value, n) => [at(`10T0${n * 3}:00`), value] as [Date, number]);

test('new rooms and new points are stale, and a backfill of the day finds their changes', async (t) => {
  const { pool, write, run, changes } = await startFarm(t);
  await write('air_cooler_k1.temp_set', values(15, 15, 16, 16));
  await run(at('11T00:05'));
  assert.deepEqual(await stale(pool), []);

  await write('air_cooler_n2.temp_set', values(15, 15, 18, 18));
  await write('fresh_air_fan_k1.mode', values(0, 0, 1, 1));
  assert.deepEqual(await stale(pool), ['k1 2026-03-10', 'n2 2026-03-10']);

  const { rooms } = await run(at('11T00:05'));
  assert.deepEqual(
    rooms.map(({ room, changes }) => [room, changes]),
    [
      ['k1', 2],
      ['n2', 1],
    ],
  );
  assert.deepEqual(await stale(pool), []);
  assert.equal((await changes()).length, 6);
});

test('a new room is found by the next hourly run and read once', async (t) => {
  const { pool, write, run } = await startFarm(t);
  await write('air_cooler_k1.temp_set', values(15, 15, 16, 16));
  await run(at('11T00:05'));
  await write('air_cooler_n5.temp_set', values(15, 15, 18));
  const { rooms } = await run(at('11T01:05'));
  assert.deepEqual(
    rooms.map(({ room, from, changes }) => [room, from, changes]),
    [
      ['k1', '2026-03-11T00:05:00.000Z', 0],
      ['n5', null, 1],
    ],
  );
  assert.deepEqual(await stale(pool), []);
  const next = await run(at('11T02:05'));
  assert.deepEqual(
    next.rooms.map(({ from }) => from),
    ['2026-03-11T01:05:00.000Z', '2026-03-11T01:05:00.000Z'],
  );
});

test('rerunning an old slot finds late readings in later windows too, up to the watermark', async (t) => {
  const { pool, write, run, changes } = await startFarm(t);
  await write('air_cooler_k1.temp_set', [
    [at('10T03:00'), 15],
    [at('11T03:00'), 16],
  ]);
  await run(at('11T00:05'));
  await run(at('12T00:05'));
  await write('air_cooler_k1.temp_set', [[at('10T05:00'), 16]]);
  assert.deepEqual(await stale(pool), ['k1 2026-03-10']);

  const { changes: found, rooms } = await run(at('11T00:05'));
  assert.deepEqual([found, rooms], [1, []]);
  assert.deepEqual(await stale(pool), []);
  const expected = [
    ['air_cooler_k1.temp_set', '10T03:00', null, 15],
    ['air_cooler_k1.temp_set', '10T05:00', 15, 16],
  ];
  assert.deepEqual(await changes(), expected);
  await run(at('12T01:05'));
  assert.deepEqual(await changes(), expected);
});

test('a run of an old slot leaves what it did not read of a new room stale', async (t) => {
  const { pool, write, run, changes } = await startFarm(t);
  await run(at('12T00:05'));
  await write('air_cooler_n5.temp_set', [
    [at('10T23:00'), 15],
    [at('11T00:00'), 16],
    [at('11T03:00'), 17],
  ]);
  assert.deepEqual(await stale(pool), ['n5 2026-03-10', 'n5 2026-03-11']);
  await run(at('11T00:05'));
  assert.deepEqual(await stale(pool), ['n5 2026-03-11']);
  await run(at('12T01:05'));
  assert.deepEqual(await stale(pool), []);
  assert.equal((await changes()).length, 3);
});
