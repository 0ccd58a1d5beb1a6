import { type Pool, type Queryable, transaction } from '../pool.ts';

export interface StoredModel {
  id: number;
  key: string;
  name: string;
  revision: string;
  dtype: string;
  hash: string;
  demo: boolean;
  active: boolean;
  embeddings: number;
}

interface ModelId {
  name: string;
  revision: string;
  dtype: string;
  hash: string;
  demo: boolean;
  dimensions: number;
}

/** The id of a model; a new model gets a row and a table. The first model becomes the active one. */
export async function ensureModel(pool: Pool, key: string, model: ModelId): Promise<number> {
  return transaction(pool, async (tx) => {
    // Without the lock, two processes with different models would wait for each other's tables.
    await tx.query(`select pg_advisory_xact_lock(hashtext('mycelium.model'))`);
    const { rows } = await tx.query<{ id: number }>(
      `insert into model (key, name, revision, dtype, hash, demo, dimensions) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (key) do update set name = excluded.name returning id`,
      [key, model.name, model.revision, model.dtype, model.hash, model.demo, model.dimensions],
    );
    const id = rows[0]?.id as number;
    await ensureVectorTable(tx, id);
    await tx.query('insert into active_model (model_id) values ($1) on conflict do nothing', [id]);
    return id;
  });
}

/** Creates the table of a model's vectors and attaches it, so that searches continue meanwhile. */
async function ensureVectorTable(tx: Queryable, modelId: number): Promise<void> {
  const table = `image_embedding_${modelId}`;
  const { rowCount } = await tx.query(
    `select from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'image_embedding'::regclass and relname = $1`,
    [table],
  );
  if (rowCount) return;
  await tx.query(
    `create table ${table} (like image_embedding including defaults including constraints including indexes
                            including storage)`,
  );
  await tx.query(`alter table image_embedding attach partition ${table} for values in (${modelId})`);
}

export async function activeModel(
  db: Queryable,
): Promise<{ id: number; key: string; demo: boolean } | undefined> {
  const { rows } = await db.query<{ id: number; key: string; demo: boolean }>(
    'select model.id, model.key, model.demo from active_model join model on model.id = model_id',
  );
  return rows[0];
}

/**
 * Makes this the active model, which searches use. One row changes, so no search sees both.
 * @returns false when there is no such model
 */
export async function useModel(db: Queryable, key: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into active_model (model_id) select id from model where key = $1
     on conflict (only_row) do update set model_id = excluded.model_id, since = now()`,
    [key],
  );
  return rowCount === 1;
}

export async function listModels(db: Queryable): Promise<StoredModel[]> {
  const { rows } = await db.query<StoredModel>(
    `select model.id, key, name, revision, dtype, hash, demo, active_model.model_id is not null as active,
            (select count(*) from image_embedding where model_id = model.id) as embeddings
     from model left join active_model on active_model.model_id = model.id order by model.id`,
  );
  return rows;
}
