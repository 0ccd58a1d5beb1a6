import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timetable } from './timetable.ts';

test('a startup job has no next run; a scheduled job has its next slot in farm time', () => {
  const rows = timetable('Asia/Shanghai', new Date('2025-12-24T12:00:00Z'));
  assert.deepEqual(Object.fromEntries(rows.map(({ id, next }) => [id, next])), {
    create_tables: null,
    daily_env_stats: '2025-12-25 01:03:20',
    hourly_setpoint_monitoring: '2025-12-24 20:05:00',
    daily_clip_inference: '2025-12-25 03:02:25',
    prune: '2025-12-25 04:40:00',
    settle_readings: '2025-12-25 02:33:40',
  });
});
