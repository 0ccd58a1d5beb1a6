import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { migrate } from '../migrate.ts';
import type { Pool } from '../pool.ts';
import { createTestDatabase, migrateBefore } from '../testing.ts';
import { upsertEmbeddings } from './embeddings.ts';
import { imageIds, upsertImages } from './images.ts';
import { ensureModel } from './models.ts';
import { searchImages } from './search.ts';

const count = 1_500;
const keys = Array.from({ length: count }, (_, n) => `607/${n}.jpg`);

/** A vector of length one that belongs to a number. */
function vectorOf(n: number): Float32Array {
  const vector = Float32Array.from({ length: 512 }, (_, i) => Math.sin(n * 1.7 + i * (1 + (n % 13))));
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

async function write(pool: Pool, modelId: number, images: string[], change = 0) {
  const ids = await imageIds(pool, images);
  await upsertEmbeddings(
    pool,
    modelId,
    images.map((key) => ({
      imageId: ids.get(key)?.id as number,
      etag: 'a',
      imageVector: vectorOf(keys.indexOf(key) + change),
      fusedVector: vectorOf(keys.indexOf(key) + change),
      madeFrom: 'identity' as const,
      textUsed: 'text',
      textCut: false,
      identityText: 'text',
      environment: {},
    })),
  );
}

const addModel = (pool: Pool, name: string) =>
  ensureModel(pool, name, { name, revision: '1', dtype: 'fp32', hash: 'a', demo: false, dimensions: 512 });

/** A database of the previous release, with vectors of 32 bits a number of 1,450 images. */
async function oldFarm(pool: Pool) {
  await migrateBefore(pool, '014');
  const day = '2025-12-24';
  await upsertImages(
    pool,
    keys.map((key) => ({
      key,
      room: '607',
      day,
      capturedAt: new Date(`${day}T12:00Z`),
      batchInDate: '2025-12-18',
      camera: '1',
      growthDay: 7,
      stage: 'normal' as const,
      etag: 'a',
      bytes: 10,
    })),
  );
  const modelId = await addModel(pool, 'first');
  await write(pool, modelId, keys.slice(0, 1_450));
  return modelId;
}

/** Each stored vector, as far as it is from the one that belongs to its image. */
async function wrongVectors(pool: Pool, modelId: number, changed: Set<string>) {
  const { rows } = await pool.query<{ key: string; image: string; fused: string }>(
    `select key, image_vector::text as image, fused_vector::text as fused
     from image_embedding join image on image.id = image_id where model_id = $1`,
    [modelId],
  );
  const wrong = rows.filter(({ key, image, fused }) => {
    const right = vectorOf(keys.indexOf(key) + (changed.has(key) ? 5 : 0));
    return [image, fused].some((text) =>
      (JSON.parse(text) as number[]).some((value, i) => Math.abs(value - (right[i] as number)) > 1e-4),
    );
  });
  return { stored: rows.length, wrong: wrong.map(({ key }) => key) };
}

async function shapeOf(pool: Pool, table: string) {
  const { rows } = await pool.query<{ line: string }>(
    `select format('%s %s %s %s', attname, format_type(atttypid, atttypmod), attstorage, attnotnull) as line
     from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
     union all select pg_get_indexdef(indexrelid) from pg_index where indrelid = $1::regclass
     union all select conname || pg_get_constraintdef(oid) from pg_constraint where conrelid = $1::regclass
     union all select coalesce(array_to_string(reloptions, ','), '') from pg_class where oid = $1::regclass
     order by 1`,
    [table],
  );
  return rows.map(({ line }) => line.replaceAll(table, 'TABLE'));
}

test('vectors are stored in half the space while searches and writes go on', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const modelId = await oldFarm(pool);
  await pool.query('do $$ begin create role reader; exception when duplicate_object then null; end $$');
  await pool.query('grant select on image_embedding to reader');
  const fullSize = (
    await pool.query<{ n: number }>(`select pg_total_relation_size('image_embedding_1') as n`)
  ).rows[0]?.n as number;

  let done = false;
  const migrating = migrate(pool).finally(() => (done = true));
  const searching = (async () => {
    let searches = 0;
    for (; !done; searches++) {
      const key = 11 + (searches % 700);
      const found = await searchImages(pool, { vector: vectorOf(key), modelId });
      assert.equal(found.length, 10, `search ${searches}`);
    }
    return searches;
  })();
  // A vector that is new, one that changes and one that goes, again and again until the tables have changed places.
  const changed = new Set<string>();
  const writing = (async () => {
    const [fresh, change, goes] = [keys.slice(1_450), keys.slice(800, 1_000), keys.slice(1_400, 1_450)];
    let gone = 0;
    for (let n = 0; n < 200; n++) {
      const added = fresh[n];
      if (added) await write(pool, modelId, [added]);
      await write(pool, modelId, [change[n] as string], 5);
      changed.add(change[n] as string);
      if (goes[n]) gone += (await pool.query('delete from image where key = $1', [goes[n]])).rowCount ?? 0;
    }
    return gone;
  })();
  const second = addModel(pool, 'second').then(async (id) => {
    await write(pool, id, keys.slice(0, 20));
    return id;
  });
  await migrating;
  const searches = await searching;
  assert.equal(await writing, 50);
  assert.ok(searches > 20, `${searches} searches`);

  assert.deepEqual(await wrongVectors(pool, modelId, changed), { stored: 1_450, wrong: [] });
  assert.deepEqual(await wrongVectors(pool, await second, new Set()), { stored: 20, wrong: [] });
  const third = await addModel(pool, 'third');
  assert.deepEqual(
    await shapeOf(pool, `image_embedding_${modelId}`),
    await shapeOf(pool, `image_embedding_${third}`),
  );
  const { rows } = await pool.query(
    `select (select count(*) from information_schema.table_privileges
             where table_name = 'image_embedding' and grantee = 'reader') as grants,
            (select count(*) from pg_namespace where nspname = 'half_vectors') as schemas`,
  );
  assert.deepEqual(rows[0], { grants: 1, schemas: 0 });
  const halfSize = (
    await pool.query<{ n: number }>(`select pg_total_relation_size('image_embedding_1') as n`)
  ).rows[0]?.n as number;
  assert.ok(halfSize < fullSize * 0.65, `${halfSize} of ${fullSize} bytes`);
});

test('an interrupted migration of vectors leaves a working farm, and continues where it was', async (t) => {
  const pool = await createTestDatabase(t, { migrated: false });
  const modelId = await oldFarm(pool);
  // A reader that does not end keeps the tables from changing places.
  const reader = await pool.connect();
  await reader.query('begin; select count(*) from image_embedding');
  const interrupted = migrate(pool);
  const copied = () =>
    pool
      .query<{ n: number }>('select count(*) as n from half_vectors.image_embedding_1')
      .then(({ rows }) => rows[0]?.n ?? 0)
      .catch(() => 0);
  while ((await copied()) < 1_450) await wait(20);
  await Promise.all([
    assert.rejects(interrupted, /terminat|closed/i),
    pool.query(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted
       and database = (select oid from pg_database where datname = current_database())`,
    ),
  ]);
  await reader.query('rollback');
  reader.release();

  await write(pool, modelId, [keys[3] as string], 5);
  await pool.query('delete from image where key = $1', [keys[4]]);
  assert.equal((await searchImages(pool, { vector: vectorOf(9), modelId })).length, 10);
  await migrate(pool);
  assert.deepEqual(await wrongVectors(pool, modelId, new Set([keys[3] as string])), {
    stored: 1_449,
    wrong: [],
  });
  assert.deepEqual((await migrate(pool)).applied, []);
});
