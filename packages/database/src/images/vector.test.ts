import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { halfVectorArray, vectorText } from './vector.ts';

test('numbers are rounded to 16 bits as pgvector rounds them', async (t) => {
  const pool = await createTestDatabase(t);
  const edges = [0, 1, -1, 65_504, 6e-8, 5.9e-8, 2 ** -24, 2 ** -25, 1 / 3, 2_049, 2_051, 1 + 2 ** -11];
  const vectors = Array.from({ length: 40 }, (_, n) =>
    Float32Array.from({ length: 512 }, (_, i) =>
      n === 0 ? (edges[i % edges.length] as number) : (Math.random() - 0.5) * 10 ** (n % 6),
    ),
  );
  const { rows } = await pool.query<{ same: boolean }>(
    `select sent::text = cast(cast(written as vector) as halfvec)::text as same
     from unnest($1::halfvec[], $2::text[]) as row(sent, written)`,
    [await halfVectorArray(pool, vectors), vectors.map(vectorText)],
  );
  assert.equal(rows.length, 40);
  assert.ok(rows.every(({ same }) => same));
  const infinite = await halfVectorArray(pool, [Float32Array.of(1, 70_000)]);
  await assert.rejects(pool.query('select unnest($1::halfvec[])', [infinite]), /infinite|out of range/);
});
