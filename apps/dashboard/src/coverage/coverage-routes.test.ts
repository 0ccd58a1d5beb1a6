import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { addDays, dayOf } from '@mycelium/farm';
import { backfillJob, slotForDay } from '@mycelium/queue';
import { type ObjectStore, StoreError } from '@mycelium/storage';
import { openDashboard, visit } from '../testing.ts';
import { growTestFarm } from '../testing-farm.ts';

const now = new Date('2026-03-10T04:30:00Z');
const timeZone = 'Asia/Shanghai';
const yesterday = addDays(dayOf(now, timeZone), -1);

describe('coverage and backfill', () => {
  let farm: Awaited<ReturnType<typeof openDashboard>>;
  let post: (url: string, payload: object) => Promise<{ steps: { day: string; reason: string }[] }>;
  const releases: (() => unknown)[] = [];

  before(async () => {
    const t = { after: (release: () => unknown) => releases.push(release) };
    farm = await openDashboard(t, {}, { clock: () => now });
    await growTestFarm(farm.pool, farm.store, { rooms: ['607', '611'], days: 3, now, timeZone });
    const { send } = await visit(farm.app);
    post = async (url, payload) => (await send({ method: 'POST', url, payload })).json();
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  test('by default, a backfill of readings covers missing, failed and stale days', async () => {
    const [failed, stale] = [addDays(yesterday, -2), addDays(yesterday, -1)];
    const job = backfillJob('readings');
    await farm.pool.query(
      `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness)
       select $1, slot, status, 'schedule', 1, started_at, started_at, interval '1 second'
       from unnest($2::timestamptz[], $3::text[], $4::timestamptz[]) as run(slot, status, started_at)`,
      [
        job,
        [slotForDay(job, failed, timeZone), slotForDay(job, stale, timeZone)],
        ['failed', 'succeeded'],
        // The second run began before its day was over.
        [now, new Date(`${stale}T12:00:00+08:00`)],
      ],
    );
    const range = { what: 'readings', from: failed, to: yesterday, dryRun: true };
    const reasons = async (choice: object) =>
      (await post('/api/backfill', { ...range, ...choice })).steps.map(
        ({ day, reason }) => `${day} ${reason}`,
      );
    assert.deepEqual(await reasons({}), [`${failed} failed`, `${stale} stale`, `${yesterday} missing`]);
    assert.deepEqual(await reasons({ only: 'failed' }), [`${failed} failed`]);
    assert.deepEqual(await reasons({ only: 'missing' }), [`${yesterday} missing`]);
  });
});

test('without a listing of the store, missed nights of images are planned', async (t) => {
  const topFolders = async () => {
    throw new StoreError('unavailable', 'no answer');
  };
  const store = { topFolders } as unknown as ObjectStore;
  const { app } = await openDashboard(t, {}, { clock: () => now, store });
  const { send } = await visit(app);
  const payload = { what: 'images', from: addDays(yesterday, -1), to: yesterday, dryRun: true };
  const answer = (await send({ method: 'POST', url: '/api/backfill', payload })).json();
  assert.equal(answer.lookedAt, null);
  assert.deepEqual(
    answer.steps.map(({ day, reason }: { day: string; reason: string }) => `${day} ${reason}`),
    [`${payload.from} missing`, `${payload.to} missing`],
  );
});

test('today and coverage share few listings of the store, however many ranges are viewed', async (t) => {
  let [atOnce, most] = [0, 0];
  const waiting: (() => void)[] = [];
  const topFolders = async () => {
    most = Math.max(most, ++atOnce);
    await new Promise<void>((resolve) => waiting.push(resolve));
    atOnce--;
    return [];
  };
  const store = { topFolders } as unknown as ObjectStore;
  const { app } = await openDashboard(t, {}, { clock: () => now, store });
  t.after(() => waiting.forEach((resolve) => void resolve()));
  const { send } = await visit(app);
  const from = (n: number) => addDays(yesterday, -300 - n);
  const urls = Array.from({ length: 12 }, (_, n) => `/api/coverage?from=${from(n)}&to=${yesterday}`);
  const answers = await Promise.all([...urls, '/api/today'].map((url) => send({ url })));
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    answers.map(() => 200),
  );
  assert.equal(answers[0]?.json().lookedAt, null);
  assert.ok(most <= 2, `${most} listings at once`);
});
