import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { takeLease } from './lease.ts';
import { timelineNow, watchTimeline } from './timeline.ts';

test('a new timeline is noticed, with the time that may be missing', async (t) => {
  const pool = await createTestDatabase(t);
  assert.equal(await watchTimeline(pool), undefined);
  assert.equal(await watchTimeline(pool), undefined, 'the first timeline replaces nothing');
  // Here no replica is promoted: the scenario R18 does that.
  await pool.query(`insert into timeline (timeline, seen_at) values (0, '2026-01-01')`);
  const takeover = await watchTimeline(pool);
  assert.equal(takeover?.from.toISOString(), '2026-01-01T00:00:00.000Z');
  assert.deepEqual(await watchTimeline(pool), takeover);
});

test('an epoch begins with the timeline, so that a later one is greater', async (t) => {
  const pool = await createTestDatabase(t);
  const [first, second] = [await takeLease(pool, 'a', 'w', 9), await takeLease(pool, 'b', 'w', 9)];
  const { rows } = await pool.query<{ now: number }>(`select ${timelineNow} as now`);
  assert.equal(Math.floor((first?.epoch ?? 0) / 2 ** 32), rows[0]?.now);
  assert.equal((second?.epoch ?? 0) - (first?.epoch ?? 0), 1);
});
