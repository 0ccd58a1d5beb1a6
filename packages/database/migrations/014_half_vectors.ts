/**
 * Stores vectors with 16 instead of 32 bits a number, which halves their space and hardly changes a search (decision
 * 0030). The vectors of each model are copied into a new table with an index of its own. Meanwhile the old table is
 * searched and written as before, and a trigger repeats each write. In the end the tables change places, in
 * milliseconds. An interrupted migration continues where it was. Programs of the previous release work on either table.
 */
import { setTimeout as wait } from 'node:timers/promises';

interface Database {
  // biome-ignore lint/suspicious/noExplicitAny: rows of many shapes
  query(text: string, values?: unknown[]): Promise<{ rows: any[]; rowCount: number | null }>;
}

const rowsAtOnce = 500;

/** Tables in this schema belong to nobody: `half_vectors.image_embedding_1` becomes `image_embedding_1`. */
const prepare = `
  create schema if not exists half_vectors;
  create or replace function half_vectors.repeat_write() returns trigger language plpgsql as $$
  begin
    -- A model that is newer than this migration's last look is copied in its next turn.
    if to_regclass(format('half_vectors.%I', tg_table_name)) is null then return null; end if;
    if tg_op <> 'INSERT' then
      execute format('delete from half_vectors.%I where image_id = $1', tg_table_name) using old.image_id;
    end if;
    if tg_op <> 'DELETE' then
      execute format('insert into half_vectors.%I select ($1).*', tg_table_name) using new;
    end if;
    return null;
  end $$;
  create or replace trigger half_vectors after insert or update or delete on image_embedding
    for each row execute function half_vectors.repeat_write()`;

export async function up(db: Database, onProgress: (message: string) => void): Promise<void> {
  const { rows } = await db.query(`select extversion as version from pg_extension where extname = 'vector'`);
  if (/^0\.[0-6]\b/.test(rows[0]?.version)) {
    throw new Error(
      `pgvector ${rows[0].version} cannot store half vectors: install 0.7 or newer, then run "alter extension vector update"`,
    );
  }
  const { rows: now } = await db.query(
    `select format_type(atttypid, null) as type from pg_attribute
     where attrelid = 'image_embedding'::regclass and attname = 'fused_vector'`,
  );
  if (now[0]?.type === 'halfvec') return; // ended before this could be recorded
  await db.query(prepare);
  do {
    for (const table of await modelTables(db)) {
      if (await isMissing(db, table)) await createTable(db, table);
      await copyVectors(db, table, onProgress);
    }
  } while (!(await changePlaces(db)));
}

/** Each model has a table. */
async function modelTables(db: Database): Promise<string[]> {
  const { rows } = await db.query(
    `select relname as table from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'image_embedding'::regclass order by relname`,
  );
  return rows.map(({ table }) => table);
}

async function isMissing(db: Database, table: string): Promise<boolean> {
  const { rows } = await db.query('select to_regclass($1) is null as missing', [`half_vectors.${table}`]);
  return rows[0].missing;
}

const modelOf = (table: string) => Number(table.replace('image_embedding_', ''));

/** In one transaction with its index and keys, so that a row that is in the table can be searched. */
async function createTable(db: Database, table: string): Promise<void> {
  await db.query(`
    create table half_vectors.${table} (like image_embedding including defaults including constraints including storage);
    alter table half_vectors.${table} alter image_vector type halfvec(512), alter fused_vector type halfvec(512);
    alter table half_vectors.${table} alter fused_vector set storage plain,
      add primary key (image_id, model_id) include (etag, made_from, quality),
      add constraint of_its_model check (model_id = ${modelOf(table)});
    create index on half_vectors.${table} using hnsw (fused_vector halfvec_cosine_ops)`);
}

async function copyVectors(db: Database, table: string, onProgress: (message: string) => void) {
  const { rows: counted } = await db.query(`select count(*)::int as all from ${table}`);
  let copied = 0;
  for (let [after, until] = ['0', '0']; ; after = until) {
    const { rows } = await db.query(
      `select max(image_id)::text as until, count(*)::int as n
       from (select image_id from ${table} where image_id > $1 order by image_id limit ${rowsAtOnce}) next`,
      [after],
    );
    if (rows[0].until === null) return;
    until = rows[0].until as string;
    // Locked, so that no row is deleted or changed between reading it and writing its copy.
    await db.query(
      `insert into half_vectors.${table}
       select * from (select * from ${table} where image_id > $1 and image_id <= $2 order by image_id for share) next
       on conflict do nothing`,
      [after, until],
    );
    copied += rows[0].n;
    if (copied % (20 * rowsAtOnce) === 0)
      onProgress(`${copied} of ${counted[0].all} vectors stored in half the space`);
  }
}

/**
 * @returns false when a model appeared meanwhile, or somebody read for so long that searches would have had to wait
 * with us: then the caller tries again.
 */
async function changePlaces(db: Database): Promise<boolean> {
  await db.query(`begin; set local lock_timeout = '500ms'`);
  try {
    // In the order in which writers lock them. Nobody writes to `model` and `image` while keys are added.
    await db.query('lock table model, image in share row exclusive mode; lock table image_embedding');
    const tables = await modelTables(db);
    for (const table of tables) {
      if (await isMissing(db, table)) {
        await db.query('rollback');
        return false;
      }
      const { rows } = await db.query(
        `select (select count(*) from ${table}) = (select count(*) from half_vectors.${table}) as same`,
      );
      if (!rows[0].same) throw new Error(`half_vectors.${table} is not a full copy of ${table}`);
      await db.query(`drop table ${table}`);
    }
    await db.query(`
      drop trigger half_vectors on image_embedding;
      drop index image_embedding_fused;
      alter table image_embedding alter image_vector type halfvec(512), alter fused_vector type halfvec(512);
      alter table image_embedding alter fused_vector set storage plain;
      create index image_embedding_fused on image_embedding using hnsw (fused_vector halfvec_cosine_ops)`);
    const { rows } = await db.query('select quote_ident(current_schema()) as schema');
    for (const table of tables) {
      await db.query(`
        alter table half_vectors.${table} set schema ${rows[0].schema};
        alter table image_embedding attach partition ${table} for values in (${modelOf(table)});
        alter table ${table} drop constraint of_its_model`);
    }
    await db.query('drop schema half_vectors cascade; commit');
    return true;
  } catch (error) {
    await db.query('rollback');
    if ((error as { code?: string }).code !== '55P03') throw error; // lock_not_available
    await wait(1_000);
    return false;
  }
}
