import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transaction } from './pool.ts';
import { countOld, prune } from './prune.ts';
import { ensurePartitions } from './readings/partitions.ts';
import { createTestDatabase } from './testing.ts';

const now = new Date('2026-07-15T04:40:00Z');
const forever = { audit: undefined, images: undefined, readings: undefined };

async function setup(t: Parameters<typeof createTestDatabase>[0]) {
  const pool = await createTestDatabase(t);
  await pool.query(
    `insert into runs (job, slot, status, cause)
       select 'daily_env_stats', timestamptz '2026-07-15' - make_interval(days => n), 'succeeded', 'schedule'
       from generate_series(1, 12000) n;
     insert into runs (job, slot, status, cause) values ('daily_clip_inference', '2020-01-01', 'waiting', 'backfill');
     insert into alert (kind, subject, severity, message, opened_at, closed_at) values
       ('overdue', 'a', 'warning', '', '2020-01-01', '2020-01-02'), ('overdue', 'b', 'warning', '', '2020-01-01', null);
     insert into audit (at, actor, action, subject) values ('2020-01-01', 'farm', 'run', 'x'), (now(), 'farm', 'run', 'x');
     insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes) values
       ('old', '611', '2026-01-01', '2026-01-01', '2025-12-18', '1', 14, 'normal', 'e', 1),
       ('new', '611', '2026-07-01', '2026-07-01', '2025-12-18', '1', 14, 'normal', 'e', 1)`,
  );
  await ensurePartitions(pool, [new Date('2026-03-31T23:00:00Z'), new Date('2026-04-20'), now]);
  const write = <T>(work: Parameters<typeof transaction<T>>[1]) => transaction(pool, work);
  const count = async (table: string) => (await pool.query(`select from ${table}`)).rowCount;
  return { pool, write, count };
}

test('rows without a retention period, and runs that have not ended, are kept forever', async (t) => {
  const { pool, write, count } = await setup(t);
  const kept = { runs: 400, alerts: 400, ...forever };
  const foreseen = await countOld(pool, kept, now);
  assert.deepEqual(foreseen, {
    runs: 11_601,
    alerts: 1,
    audit: 0,
    images: 0,
    quarantined: 0,
    quarantinedReadings: 0,
    readings: [],
  });
  assert.equal(await count('runs'), 12_001);

  assert.deepEqual(await prune(write, kept, now), foreseen);
  assert.equal(await count('runs'), 400);
  assert.deepEqual((await pool.query('select subject from alert')).rows, [{ subject: 'b' }]);
  assert.equal(await count('audit'), 2);
  assert.deepEqual(await prune(write, kept, now), { ...foreseen, runs: 0, alerts: 0 });
});

test('images are deleted with their vectors, and readings by whole months', async (t) => {
  const { pool, write, count } = await setup(t);
  const kept = { runs: 400, alerts: 400, audit: 400, images: 90, readings: 90 };
  const foreseen = await countOld(pool, kept, now);
  const pruned = await prune(write, kept, now);
  assert.deepEqual(pruned, foreseen);
  assert.equal(pruned.images, 1);
  assert.deepEqual((await pool.query('select key from image')).rows, [{ key: 'new' }]);
  assert.deepEqual(pruned.readings, ['reading_2026_03']);
  assert.equal(await count('audit'), 1);
});
