import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prune, transaction } from '@mycelium/database';
import { factsOf, viewOf } from '@mycelium/queue';
import { lively, minute, startFarm } from './testing.ts';

function wholeDay(day: string) {
  const start = Date.parse(`${day}T00:00:00Z`);
  return lively(start, start + 1_440 * minute, 30 * minute);
}

test('the report counts the rows of recomputed days apart from those of its own day', async (t) => {
  const { write, run } = await startFarm(t);
  for (const room of ['k1', 'k2']) await write(room, 'temperature', wholeDay('2026-06-10'));
  await run('2026-06-10');
  await write('k2', 'humidity', wholeDay('2026-06-10'));
  await write('n1', 'temperature', wholeDay('2026-06-10'));
  await write('k1', 'temperature', wholeDay('2026-06-11'));

  const report = await run('2026-06-11');
  assert.equal(report.written, 1);
  assert.deepEqual(report.again, [{ day: '2026-06-10', rooms: ['k2', 'n1'], written: 2 }]);
});

test('a day whose readings were pruned is reported as such, not as a day without rooms', async (t) => {
  const { pool, write, run } = await startFarm(t);
  await write('k1', 'temperature', wholeDay('2026-03-03'));
  await run('2026-03-03');
  const kept = { runs: 400, alerts: 400, audit: undefined, images: undefined, readings: 30 };
  await prune((work) => transaction(pool, work), kept, new Date('2026-05-15'));

  const report = await run('2026-03-03');
  assert.equal(report.pruned, true);
  assert.deepEqual(viewOf('daily_env_stats', report)?.leftOut, [
    { code: 'left-out.day-pruned', params: { day: '2026-03-03' } },
  ]);
  assert.equal(factsOf('daily_env_stats', report)?.foundNothing, false);
});
