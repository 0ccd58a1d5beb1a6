import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Pool, staleDays } from '@mycelium/database';
import { lively, minute, startFarm } from './testing.ts';

const day = '2026-06-10';
const start = Date.parse(`${day}T00:00:00Z`);

/** What a statistics row depends on besides its readings, and what the row is once that has changed. */
const changes = [
  {
    what: 'a picture',
    sql: `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
      values ('k', '611', '2026-06-10', '2026-06-10T08:00Z', '2026-06-01', 'c', 10, 'normal', 'e', 1)`,
    row: ['611', 10, null],
  },
  { what: 'a moved point', sql: `update point set room = 'k2'`, row: ['k2', null, null] },
  {
    what: 'a band',
    sql: `insert into band (room, metric, from_day, to_day, low, high, valid_from)
      values ('611', 'temperature', 9, 9, 0, 40, '-infinity')`,
    first: `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
      values ('k', '611', '2026-06-09', '2026-06-09T08:00Z', '2026-06-02', 'c', 8, 'normal', 'e', 1)`,
    row: ['611', 9, 0],
  },
];

for (const { what, sql, first, row } of changes) {
  test(`a run waits for a slow transaction that writes ${what}`, async (t) => {
    const { pool, write, run, rows } = await startFarm(t);
    await pool.query('delete from band');
    if (first) await pool.query(first);
    await write('611', 'temperature', lively(start, start + 60 * minute));
    const slow = await pool.connect();
    await slow.query('begin');
    await slow.query(sql);

    let ended = false;
    const running = run(day).finally(() => {
      ended = true;
    });
    while (!ended && !(await someoneWaits(pool))) await wait(50);
    await slow.query('commit');
    slow.release();
    await running;
    assert.deepEqual(await rows('room, growth_day, minutes_below'), [row]);
    assert.deepEqual(await staleDays(pool, 'readings', { from: day, to: day, timeZone: 'UTC' }), []);
  });
}

async function someoneWaits(pool: Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    'select from pg_locks where not granted and database = (select oid from pg_database where datname = current_database())',
  );
  return rowCount !== 0;
}
