import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ensureModel, type Queryable, transaction } from '@mycelium/database';
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
  await vectorsOfAll(from, added.slice(0, 100));

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

test('images of the last days that came late are added, and only they are counted', async (t) => {
  const { store, from } = await setup(t);
  const keyOf = (date: string, second: number, room = '607') =>
    `${room}/${date}/${room}_1_20251201_${date}${String(100_000 + second)}.jpg`;
  const write = (key: string) => store.write(key, Buffer.from('x'));
  const planned = async (of: Selection) => {
    const added: string[] = [];
    const plan = await planImages(from, of, async (batches) => void added.push(...batches.flat()));
    return { added: added.sort(), late: plan.late, rooms: plan.rooms };
  };
  await write(keyOf('20251222', 1));
  await planned({ from: '2025-12-22', to: '2025-12-22' });
  await vectorsOfAll(from);

  const news = [keyOf('20251222', 2), keyOf('20251223', 1, '608'), keyOf('20251224', 1)];
  const broken = '608/20251223/notes.jpg';
  for (const key of [...news, broken, keyOf('20251216', 1), keyOf('20251225', 1)]) await write(key);
  const nightly: Selection = { ...selection, lateFrom: '2025-12-17' };
  assert.deepEqual(await planned(nightly), {
    added: news.toSorted(),
    late: { images: 3, days: ['2025-12-22', '2025-12-23'] },
    rooms: { 607: { total: 2, skipped: 0 }, 608: { total: 2, skipped: 0 } },
  });
  await vectorsOfAll(from);
  const again = { added: [], late: undefined, rooms: { 607: { total: 1, skipped: 1 } } };
  assert.deepEqual(await planned(nightly), again);

  await store.write(keyOf('20251222', 1), Buffer.from('replaced'));
  assert.deepEqual((await planned(nightly)).late, { images: 1, days: ['2025-12-22'] });
});

test('planning of late images resumes where it was killed', async (t) => {
  const { store, from } = await setup(t);
  const folders = ['607', '608', '611'];
  const keys = folders.flatMap((room) =>
    ['20251222', '20251223', '20251224'].flatMap((date) =>
      Array.from(
        { length: 300 },
        (_, n) =>
          `${room}/${date}/${room}_1_20251201_${date}${100_000 + (n % 60) + 100 * Math.floor(n / 60)}.jpg`,
      ),
    ),
  );
  await Promise.all(keys.map((key) => store.write(key, Buffer.from('x'))));
  const nightly: Selection = { ...selection, lateFrom: '2025-12-17' };
  const added: string[] = [];
  let saved: Plan | undefined;
  const killed = planImages(from, nightly, async (batches, soFar) => {
    if (saved?.late) throw new Error('killed');
    added.push(...batches.flat());
    saved = JSON.parse(JSON.stringify(soFar));
  });
  await assert.rejects(killed, /killed/);
  await vectorsOfAll(from, added);
  const add = async (batches: string[][]) => void added.push(...batches.flat());
  const plan = await planImages(from, nightly, add, saved);
  assert.deepEqual(added.toSorted(), keys.toSorted());
  assert.deepEqual(plan.late, { images: 1_800, days: ['2025-12-22', '2025-12-23'] });
});

/** As if all recorded images, or those of these keys, had been embedded. */
async function vectorsOfAll({ read, modelId }: { read: Queryable; modelId: number }, keys?: string[]) {
  await read.query(
    `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used, identity_text)
     select id, $1, etag, v, v, 'identity', '', '' from image, (select array_fill(1, array[512])::vector as v)
     where $2::text[] is null or key = any($2)
     on conflict (image_id, model_id) do nothing`,
    [modelId, keys],
  );
}
