import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DayStanding, planBackfill } from './backfill-plan.ts';

const startedAt = new Date('2025-06-12T00:00:00Z');
const standing = (day: string, status?: string, more: Partial<DayStanding> = {}): DayStanding => ({
  day,
  slot: new Date(`${day}T23:00:00Z`),
  run: status ? { status, startedAt } : undefined,
  late: false,
  ...more,
});
const days = [
  standing('2025-06-01'),
  standing('2025-06-02', 'missed'),
  standing('2025-06-03', 'failed'),
  standing('2025-06-04', 'succeeded'),
  standing('2025-06-05', 'succeeded', { late: true }),
  standing('2025-06-06', 'succeeded', {
    run: { status: 'succeeded', startedAt: new Date('2025-06-06T12:00:00Z') },
  }),
  standing('2025-06-07', 'running'),
];
const told = (only?: 'missing' | 'failed' | 'stale' | 'all') =>
  planBackfill(days, only, 'UTC').map(({ day, reason }) => `${day.slice(-2)} ${reason}`);

test('without a choice, everything that needs it is run', () => {
  assert.deepEqual(told(), ['01 missing', '02 missing', '03 failed', '05 stale', '06 stale']);
});

test('a choice narrows it', () => {
  assert.deepEqual(told('missing'), ['01 missing', '02 missing']);
  assert.deepEqual(told('failed'), ['03 failed']);
  assert.deepEqual(told('stale'), ['05 stale', '06 stale']);
});

test('all runs good days again, and leaves the one under way alone', () => {
  assert.deepEqual(told('all'), [
    '01 missing',
    '02 missing',
    '03 failed',
    '04 again',
    '05 stale',
    '06 stale',
  ]);
});
