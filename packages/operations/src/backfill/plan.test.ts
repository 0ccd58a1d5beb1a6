import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ImageDay } from '@mycelium/database';
import type { Only } from '@mycelium/farm';
import { planImages } from './plan-images.ts';
import { planReadings } from './plan-readings.ts';
import type { LedgerDay } from './slot-reasons.ts';

const startedAt = new Date('2025-06-12T00:00:00Z');
const day = (date: string, status?: string, at = startedAt): LedgerDay => ({
  day: date,
  run: status ? { status, startedAt: at } : undefined,
});
const utc = { timeZone: 'UTC' };

const days = [
  day('2025-06-01'),
  day('2025-06-02', 'missed'),
  day('2025-06-03', 'failed'),
  day('2025-06-04', 'succeeded'),
  day('2025-06-05', 'succeeded'),
  day('2025-06-06', 'succeeded', new Date('2025-06-06T12:00:00Z')),
  day('2025-06-07', 'running'),
];
const range = { job: 'daily_env_stats', from: '2025-06-01', to: '2025-06-07' } as const;
const stale = new Map([['2025-06-05', ['611', '612']]]);

function readings(only?: Only, rooms?: string[]) {
  return planReadings(days, stale, { ...range, only, rooms }, utc).map((step) =>
    `${step.day.slice(-2)} ${step.reason} ${step.rooms.join(',')}`.trim(),
  );
}

test('without options, every day that needs it is run, and stale rooms are named', () => {
  assert.deepEqual(readings(), ['01 missing', '02 missing', '03 failed', '05 stale 611,612', '06 stale']);
});

test('`only` narrows the plan', () => {
  assert.deepEqual(readings('missing'), ['01 missing', '02 missing']);
  assert.deepEqual(readings('failed'), ['03 failed']);
  assert.deepEqual(readings('stale'), ['05 stale 611,612', '06 stale']);
});

test('`all` reruns good days and leaves a run in progress alone', () => {
  assert.deepEqual(readings('all'), [
    '01 missing',
    '02 missing',
    '03 failed',
    '04 again',
    '05 stale 611,612',
    '06 stale',
  ]);
});

test('a choice of rooms narrows the stale days', () => {
  assert.deepEqual(readings('stale', ['612']), ['05 stale 612', '06 stale 612']);
  assert.deepEqual(readings('stale', ['607']), ['06 stale 607']);
});

const counted = (date: string, room: string, counts: Partial<ImageDay>): ImageDay => ({
  ...{
    day: date,
    room,
    images: 24,
    embedded: 0,
    quarantined: 0,
    gone: 0,
    stale: 0,
    missing: 0,
    described: 0,
  },
  ...counts,
});
const images = [
  counted('2025-06-01', '611', { missing: 3 }),
  counted('2025-06-04', '611', { embedded: 24 }),
  counted('2025-06-05', '611', { stale: 2, quarantined: 1 }),
  counted('2025-06-05', '612', { missing: 4 }),
  counted('2025-06-07', '611', { missing: 5 }),
];

function pictures(only?: Only, rooms?: string[], { looked = true, counts = images } = {}) {
  const request = { ...range, job: 'daily_clip_inference', only, rooms } as const;
  const counted = counts.filter(({ room }) => rooms?.includes(room) ?? true);
  return planImages(days, counted, request, { ...utc, looked }).map(
    ({ job, slot, ...step }) =>
      `${step.day.slice(-2)} ${job} ${slot ? 'slot' : '-'} ${step.reason} ${step.rooms.join(',')} ${step.images}/${step.quarantined}`,
  );
}

test('images: the nightly run itself if it has not succeeded, or else a request for the rooms', () => {
  assert.deepEqual(pictures(), [
    '01 daily_clip_inference slot missing 611 3/0',
    '05 embed_images - missing 611,612 6/0',
  ]);
  assert.deepEqual(pictures(undefined, ['611']), [
    '01 embed_images - missing 611 3/0',
    '05 embed_images - stale 611 2/0',
  ]);
});

test('images leave quarantine only on request', () => {
  assert.deepEqual(pictures('failed'), ['05 embed_images - failed 611 3/1']);
  assert.deepEqual(pictures('all')[1], '05 embed_images - missing 611,612 7/1');
  assert.deepEqual(pictures('stale'), ['05 embed_images - stale 611 2/0']);
});

test('`only` chooses rooms by their images; the own run is taken only if it does nothing else', () => {
  const room = counted('2025-06-01', '611', { quarantined: 1, missing: 3 });
  const other = counted('2025-06-01', '612', { stale: 20 });
  const plan = (only: Only, ...counts: ImageDay[]) => pictures(only, undefined, { counts });
  assert.deepEqual(plan('failed', room), ['01 daily_clip_inference slot failed 611 4/1']);
  assert.deepEqual(plan('failed', room, other), ['01 embed_images - failed 611 4/1']);
  assert.deepEqual(plan('missing', room, other), ['01 embed_images - missing 611 3/0']);
  assert.deepEqual(plan('all', room, other), ['01 daily_clip_inference slot missing 611,612 24/1']);
});

test('images that are gone from the store are not planned', () => {
  const counts = [counted('2025-06-01', '611', { quarantined: 3, gone: 2 })];
  assert.deepEqual(pictures('failed', undefined, { counts }), [
    '01 daily_clip_inference slot failed 611 1/1',
  ]);
  const allGone = [counted('2025-06-01', '611', { quarantined: 2, gone: 2 })];
  assert.deepEqual(pictures('all', undefined, { counts: allGone }), []);
});

test('without a listing of the store, nights without a successful run are planned whole', () => {
  assert.deepEqual(pictures(undefined, undefined, { looked: false }), [
    '01 daily_clip_inference slot missing  3/0',
    '02 daily_clip_inference slot missing  0/0',
    '03 daily_clip_inference slot missing  0/0',
    '05 embed_images - missing 611,612 6/0',
  ]);
  assert.deepEqual(pictures('missing', ['612'], { looked: false }), [
    '01 embed_images - missing 612 0/0',
    '02 embed_images - missing 612 0/0',
    '03 embed_images - missing 612 0/0',
    '05 embed_images - missing 612 4/0',
  ]);
  assert.deepEqual(pictures('failed', undefined, { looked: false }), ['05 embed_images - failed 611 3/1']);
});
