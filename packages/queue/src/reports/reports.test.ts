import assert from 'node:assert/strict';
import { test } from 'node:test';
import { say } from '@mycelium/words';
import { factsOf, jobNames, jobs, viewOf } from '../jobs.ts';

const totals = { total: 5, succeeded: 2, failed: 1, skipped: 2 };
const images = {
  ...totals,
  day: '2025-12-24',
  successRate: 2 / 3,
  rooms: { 611: totals },
  seconds: 1.25,
  model: 'demo',
  saved: true,
  database: { images: 5, embeddings: 4, quarantined: 1 },
};
const stats = {
  day: '2025-12-24',
  written: 3,
  rooms: [
    { room: '611', metrics: { temperature: { count: 9, expectedCount: 10, coverage: 0.9, mean: 18.44 } } },
  ],
  noData: ['612'],
  failed: [{ room: '607', error: 'no connection' }],
};

test('an image run shows counts per room and what was left out', () => {
  for (const job of ['daily_clip_inference', 'embed_images']) {
    const view = viewOf(job, images);
    assert.ok(view?.summary[0]);
    assert.match(say(view.summary[0]), /^2 of 3 images embedded in 1.3 s with demo/);
    assert.deepEqual(view?.tables[0]?.rows[0], ['611', 5, 2, 1, 2, { share: 2 / 3 }]);
    assert.equal(view?.tables[0]?.rows.length, 2);
    assert.deepEqual(
      view?.leftOut.map(({ params }) => params),
      [{ n: 1 }, { n: 2 }],
    );
  }
});

test('a batch shows each failure in words, and an unknown reason as is', () => {
  const failures = ['corrupt', 'of-a-newer-worker'].map((reason, n) => ({ key: `611/${n}.jpg`, reason }));
  const table = viewOf('embed_batch', { rooms: { 611: totals }, failures })?.tables[1];
  assert.deepEqual(table?.rows, [
    ['611/0.jpg', { code: 'reason.corrupt', params: {} }],
    ['611/1.jpg', 'of-a-newer-worker'],
  ]);
});

test('statistics show coverage per room, and rooms without data or with an error', () => {
  const view = viewOf('daily_env_stats', stats);
  assert.deepEqual(view?.tables[0]?.rows, [
    ['611', { value: 18.44, digits: 1 }, null, null, 9, 10, { share: 0.9 }],
  ]);
  assert.deepEqual(
    view?.leftOut.map((sentence) => say(sentence)),
    ['Rooms without valid readings: 612.', 'Room 607 failed: no connection'],
  );
});

test('statistics show recomputed days apart, and days whose readings were pruned', () => {
  const again = [
    { day: '2025-12-20', rooms: ['607', '611'], written: 5 },
    { day: '2025-12-21', rooms: ['611'], written: 0, pruned: true },
  ];
  const view = viewOf('daily_env_stats', { ...stats, noData: [], failed: [], pruned: true, again });
  assert.ok(view);
  assert.deepEqual(view.tables[1]?.rows, [
    ['2025-12-20', '607, 611', 5],
    ['2025-12-21', '611', 0],
  ]);
  const sentences = [...view.summary, ...view.leftOut];
  assert.deepEqual(
    sentences.map((sentence) => say(sentence)),
    [
      '3 rows written for 2025-12-24.',
      '5 rows written for 2 earlier days with late readings.',
      'The readings of 2025-12-24 were pruned: its statistics stay as they are.',
      'The readings of 2025-12-21 were pruned: its statistics stay as they are.',
    ],
  );
  assert.deepEqual(
    sentences.map((sentence) => say(sentence, 'zh-CN')),
    [
      '已写入 2025-12-24 的 3 行统计。',
      '另有 2 天因读数迟到而重新计算，写入 5 行统计。',
      '2025-12-24 的读数已过保留期并删除，统计保持不变。',
      '2025-12-21 的读数已过保留期并删除，统计保持不变。',
    ],
  );
});

test('alert rules read facts, and only a scheduled run can find nothing', () => {
  assert.equal(factsOf('daily_env_stats', stats)?.roomsWithoutData?.[0], '612');
  const none = { ...images, total: 0, succeeded: 0, failed: 0, skipped: 0, successRate: null, rooms: {} };
  assert.equal(factsOf('daily_clip_inference', none)?.foundNothing, true);
  assert.equal(factsOf('embed_images', none)?.foundNothing, undefined);
  assert.ok(Math.abs((factsOf('embed_images', images)?.failureRate ?? 0) - 1 / 3) < 1e-9);
});

test('a report of another version is not shown, and an unknown job has none', () => {
  assert.equal(viewOf('daily_env_stats', { of: 'another version' }), undefined);
  assert.equal(viewOf('embed_video', images), undefined);
});

test('the catalogue entry determines what triggers a job and whether it can be backfilled', () => {
  const scheduled = jobNames.filter((name) => jobs[name].trigger === 'schedule');
  assert.deepEqual(
    scheduled,
    jobNames.filter((name) => jobs[name].schedule),
  );
  assert.ok(jobNames.every((name) => !jobs[name].backfill || scheduled.includes(name)));
});
