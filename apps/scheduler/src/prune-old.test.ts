import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ensureModel, hasDeletionFault, pgvectorVersion } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { runContext, silent } from '@mycelium/process/testing';
import { pruneOld } from './prune-old.ts';

const model = { name: 'm', revision: 'r', dtype: 'fp32', hash: 'h', demo: true, dimensions: 512 };
const slot = new Date('2026-07-15T04:40:00Z');
const kept = { runs: 400, alerts: 400, audit: undefined, images: 90, readings: undefined };

async function farm(t: Parameters<typeof createTestDatabase>[0], old: number) {
  const pool = await createTestDatabase(t);
  const id = await ensureModel(pool, 'm', model);
  await pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select 'i' || n, '611', day, day, day - 10, '1', 10, 'normal', 'e', 1
       from generate_series(1, $1) n, lateral (select date '2026-07-01' - (n <= $2)::int * 180 as day)`,
    [old + 300, old],
  );
  await pool.query(
    `insert into image_embedding (image_id, model_id, etag, made_from, text_used, identity_text, image_vector, fused_vector)
     select id, $1, 'e', 'identity', '', '', vector, vector
       from image, lateral (
         select array(select random() - 0.5 + 0 * image.id from generate_series(1, 512))::real[]::halfvec(512) as vector
       ) as made`,
    [id],
  );
  const context = { pool, kept, logger: silent };
  const prune = async () => pruneOld({}, { ...context, ...(await runContext(pool, 'prune', slot, 'UTC')) });
  return { pool, prune };
}

test('after many images are deleted, a pgvector that does not repair its indexes gets new ones', async (t) => {
  const { pool, prune } = await farm(t, 1_200);
  const isFaulty = hasDeletionFault(await pgvectorVersion(pool));
  const { images, vectorIndexes } = await prune();
  assert.equal(images, 1_200);
  if (!isFaulty) return assert.equal(vectorIndexes, undefined);
  assert.equal(vectorIndexes?.rebuilt, 1);
  assert.ok((vectorIndexes?.recall ?? 0) >= 0.98, `recall ${vectorIndexes?.recall}`);
});

test('after a few, the indexes stay', async (t) => {
  const { prune } = await farm(t, 20);
  const { images, vectorIndexes } = await prune();
  assert.deepEqual([images, vectorIndexes], [20, undefined]);
});

test('the faults end with pgvector 0.8.4', () => {
  const faulty = ['0.7.4', '0.8.0', '0.8.3'].map(hasDeletionFault);
  const mended = ['0.8.4', '0.8.6', '0.9.0', '1.0.0'].map(hasDeletionFault);
  assert.deepEqual(
    [faulty, mended],
    [
      [true, true, true],
      [false, false, false, false],
    ],
  );
});
