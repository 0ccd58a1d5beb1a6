import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureModel, transaction } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { formatImageKey } from '@mycelium/farm';
import { directoryStore } from '@mycelium/storage';
import { type Plan, planImages, type Selection } from './plan-images.ts';

const timeZone = 'Asia/Shanghai';
const day = '2025-12-24';
const model = { name: 'm', revision: 'r', dtype: 'fp32', hash: 'h', demo: true, dimensions: 512 };

async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-plan-'));
  t.after(() => rm(folder, { recursive: true }));
  const pool = await createTestDatabase(t);
  const modelId = await ensureModel(pool, 'm', model);
  const store = directoryStore(folder);
  const from = {
    store,
    read: pool,
    write: (work: Parameters<typeof transaction<void>>[1]) => transaction(pool, work),
    modelId,
    timeZone,
    aliases: {},
    batchSize: 20,
    signal: new AbortController().signal,
  };
  return { pool, store, from };
}

function keyAt(room: string, second: number): string {
  const capturedAt = new Date(Date.parse(`${day}T00:00:00+08:00`) + second * 1_000);
  return formatImageKey({ room, capturedAt, batchInDate: '2025-12-18', camera: '1' }, { timeZone });
}

const selection: Selection = { from: day, to: day };

test('planning resumes where it was killed: every image is added and counted once', async (t) => {
  const { pool, store, from } = await setup(t);
  const keys = ['607', '608', '611'].flatMap((room) =>
    Array.from({ length: 900 }, (_, second) => keyAt(room, second)),
  );
  await Promise.all([...keys, `608/20251224/notes.jpg`].map((key) => store.write(key, Buffer.from(key))));

  const added: string[] = [];
  let saved: Plan | undefined;
  const killed = planImages(from, selection, async (batches, soFar) => {
    if (soFar.rooms['611']) throw new Error('killed');
    added.push(...batches.flat());
    saved = JSON.parse(JSON.stringify(soFar));
  });
  await assert.rejects(killed, /killed/);
  assert.ok(saved);
  assert.ok(added.length < keys.length);
  // The first batches are embedded in the meantime: if planned again, they would be skipped and not counted.
  await pool.query(
    `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used, identity_text)
     select id, $1, etag, v, v, 'identity', '', '' from image, (select array_fill(1, array[512])::vector as v)
     where key = any($2)`,
    [from.modelId, added.slice(0, 100)],
  );

  const plan = await planImages(
    from,
    selection,
    async (batches) => {
      assert.ok(batches.every((batch) => batch.length <= 20));
      added.push(...batches.flat());
    },
    saved,
  );
  assert.deepEqual(added.toSorted(), keys.toSorted());
  const counts = (total: number) => ({ total, skipped: 0 });
  assert.deepEqual(plan.rooms, { 607: counts(900), 608: counts(901), 611: counts(900) });
  assert.equal((await pool.query('select from quarantine')).rowCount, 1);
});

test('a second day is listed from its start, wherever the first day stopped', async (t) => {
  const { store, from } = await setup(t);
  const late = '612/20251224/612_1_20251218_20251224100000.jpg';
  const next = '607/20251225/607_1_20251218_20251225100000.jpg';
  for (const key of [late, next]) await store.write(key, Buffer.from('x'));
  const added: string[] = [];
  const begun = { startedAt: 0, rooms: { 612: { total: 1, skipped: 0 } }, after: late };
  const plan = await planImages(
    from,
    { from: day, to: '2025-12-25' },
    async (batches) => {
      added.push(...batches.flat());
    },
    begun,
  );
  assert.deepEqual(added, [next]);
  assert.deepEqual(Object.keys(plan.rooms), ['607', '612']);
});

test('a folder may have the name of a property of every object', async (t) => {
  const { store, from } = await setup(t);
  const keys = ['constructor', 'toString'].map((room) => keyAt(room, 0));
  for (const key of keys) await store.write(key, Buffer.from('x'));
  await store.write('__proto__/20251224/__proto___1_20251218_20251224000000.jpg', Buffer.from('x'));
  const added: string[] = [];
  const { rooms } = await planImages(
    from,
    { ...selection, rooms: ['constructor', 'toString'] },
    async (batches) => {
      added.push(...batches.flat());
    },
  );
  const one = { total: 1, skipped: 0 };
  assert.deepEqual(Object.entries(rooms), [
    ['constructor', one],
    ['toString', one],
  ]);
  assert.deepEqual(added, keys);
  assert.ok(!('total' in Object));
});

test('a folder that cannot be a room is ignored', async (t) => {
  const { store, from } = await setup(t);
  for (const key of [keyAt('607', 1), '__proto__/20251224/x.jpg', 'old_photos/20251224/x.jpg'])
    await store.write(key, Buffer.from('x'));
  const plan = await planImages(from, selection, async () => {});
  assert.deepEqual(Object.keys(plan.rooms), ['607']);
});
