import pgvector from 'pgvector';
import type { Queryable } from '../pool.ts';

const vectorOids = new WeakMap<object, number>();

/**
 * A `halfvec[]` in PostgreSQL's binary form, as one parameter: printing and parsing floats as text costs several times
 * more than everything else in an insert, and sending 32 bits to be rounded there a third. Rounded to nearest, as
 * pgvector does.
 */
export async function halfVectorArray(db: Queryable, vectors: Float32Array[]): Promise<Buffer> {
  const oid = await vectorOid(db);
  const dimensions = vectors[0]?.length ?? 0;
  const each = 4 + 4 + dimensions * 2;
  const halves = new Float16Array(dimensions);
  const bytes = Buffer.from(halves.buffer);
  const buffer = Buffer.alloc(20 + vectors.length * each);
  buffer.writeInt32BE(1, 0); // dimensions of the array
  buffer.writeInt32BE(0, 4); // no nulls
  buffer.writeInt32BE(oid, 8);
  buffer.writeInt32BE(vectors.length, 12);
  buffer.writeInt32BE(1, 16); // lower bound
  vectors.forEach((vector, n) => {
    if (vector.length !== dimensions)
      throw new RangeError(`vectors of ${dimensions} and ${vector.length} dimensions`);
    const at = 20 + n * each;
    buffer.writeInt32BE(4 + dimensions * 2, at);
    buffer.writeInt16BE(dimensions, at + 4);
    halves.set(vector);
    bytes.copy(buffer, at + 8);
    buffer.subarray(at + 8, at + each).swap16();
  });
  return buffer;
}

/** The extension's type has another number in every database. */
async function vectorOid(db: Queryable): Promise<number> {
  const cached = vectorOids.get(db);
  if (cached) return cached;
  const { rows } = await db.query<{ oid: number }>(`select 'halfvec'::regtype::oid::int8 as oid`);
  const oid = Number(rows[0]?.oid);
  vectorOids.set(db, oid);
  return oid;
}

/** A vector as a text parameter, `[0.1,0.2,…]`: for the one vector of a query. */
export function vectorText(vector: Float32Array): string {
  return pgvector.toSql(Array.from(vector)) as string;
}

export function parseVector(text: string): Float32Array {
  return Float32Array.from(pgvector.fromSql(text) as number[]);
}
