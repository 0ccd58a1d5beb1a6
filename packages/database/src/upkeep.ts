import type { Pool, Queryable } from './pool.ts';
import { transaction } from './pool.ts';

/** Another version of the operating system's libraries sorts text than the one that indexes were built with. */
export interface TextOrderChange {
  /** The database, quoted for SQL. */
  database: string;
  built: string;
  now: string;
}

/** Indexes that were built with another order of text miss rows and let duplicates in. */
export async function textOrderChange(db: Queryable): Promise<TextOrderChange | undefined> {
  const { rows } = await db.query<TextOrderChange>(
    `select quote_ident(datname) as database, datcollversion as built,
            pg_database_collation_actual_version(oid) as now
       from pg_database
      where datname = current_database() and datcollversion <> pg_database_collation_actual_version(oid)`,
  );
  return rows[0];
}

/** Builds every index of the database again while it is in use, and then records the order of text they have now. */
export async function rebuildForTextOrder(db: Queryable, { database }: TextOrderChange): Promise<void> {
  await db.query(`reindex database concurrently ${database}`);
  await db.query(`alter database ${database} refresh collation version`);
}

/**
 * Releases of pgvector whose HNSW index is not repaired, or is damaged, when deleted vectors are vacuumed: fixed in 0.8.3
 * and 0.8.4 (its CHANGELOG.md).
 */
export function hasDeletionFault(pgvector: string): boolean {
  const [major = 0, minor = 0, patch = 0] = pgvector.split('.').map(Number);
  return major === 0 && (minor < 8 || (minor === 8 && patch < 4));
}

export async function pgvectorVersion(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ version: string }>(
    `select extversion as version from pg_extension where extname = 'vector'`,
  );
  return rows[0]?.version ?? '';
}

export interface RebuiltIndexes {
  rebuilt: number;
  /** Share of the ten nearest vectors that the rebuilt indexes find, over samples; null without vectors. */
  recall: number | null;
}

/** Builds the indexes of vectors again, while searches and writes go on, and checks what they find. */
export async function rebuildVectorIndexes(pool: Pool, signal?: AbortSignal): Promise<RebuiltIndexes> {
  const { rows } = await pool.query<{ index: string; model: number }>(
    `select i.oid::regclass::text as index, substring(t.relname from '\\d+$')::int as model
       from pg_index x
         join pg_class i on i.oid = x.indexrelid
         join pg_am on pg_am.oid = i.relam and amname = 'hnsw'
         join pg_class t on t.oid = x.indrelid and t.relispartition
      where i.relkind = 'i' and i.relname not like '%\\_ccnew%'
      order by 1`,
  );
  for (const { index } of rows) {
    signal?.throwIfAborted();
    await pool.query(`reindex index concurrently ${index}`);
  }
  const recalls: number[] = [];
  for (const model of new Set(rows.map(({ model }) => model))) {
    const recall = await measureRecall(pool, model);
    if (recall !== undefined) recalls.push(recall);
  }
  return { rebuilt: rows.length, recall: recalls.length > 0 ? Math.min(...recalls) : null };
}

const samples = 20;
const nearest = 10;

/** @returns the share of the nearest vectors that the index finds; undefined without vectors */
async function measureRecall(pool: Pool, model: number): Promise<number | undefined> {
  return transaction(pool, async (tx) => {
    const { rows } = await tx.query<{ vector: string }>(
      'select fused_vector::text as vector from image_embedding where model_id = $1 order by random() limit $2',
      [model, samples],
    );
    if (rows.length === 0) return undefined;
    await tx.query('set local hnsw.ef_search = 160');
    let [found, wanted] = [0, 0];
    for (const { vector } of rows) {
      const exact = await distances(tx, model, vector, 'enable_indexscan');
      const indexed = await distances(tx, model, vector, 'enable_seqscan');
      const furthest = exact.at(-1) ?? 0;
      wanted += exact.length;
      // Equally distant vectors are as good.
      found += indexed.filter((distance) => distance <= furthest + 1e-6).length;
    }
    return found / wanted;
  });
}

async function distances(tx: Queryable, model: number, vector: string, off: string): Promise<number[]> {
  await tx.query(`set local ${off} = off`);
  const { rows } = await tx.query<{ distance: number }>(
    `select fused_vector <=> $1 as distance from image_embedding where model_id = $2
      order by fused_vector <=> $1 limit ${nearest}`,
    [vector, model],
  );
  await tx.query(`set local ${off} = on`);
  return rows.map(({ distance }) => distance);
}

/** Indexes that a broken-off build left behind: they are maintained but never used. */
export async function brokenIndexes(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index x join pg_class i on i.oid = indexrelid
      where not indisvalid and relnamespace = 'public'::regnamespace and relkind = 'i' order by 1`,
  );
  return rows.map(({ name }) => name);
}

/** Those of a concurrent build are superfluous; others are built again. */
export async function mendIndex(db: Queryable, name: string): Promise<void> {
  if (/_ccnew\d*"?$|_ccold\d*"?$/.test(name)) await db.query(`drop index concurrently ${name}`);
  else await db.query(`reindex index concurrently ${name}`);
}
