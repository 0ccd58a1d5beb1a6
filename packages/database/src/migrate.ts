import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { PermanentError } from '@mycelium/farm';
import type { Pool, PoolClient, Queryable } from './pool.ts';

const folder = new URL('../migrations/', import.meta.url);

/** The schema cannot be created or trusted. The message states what is required. */
const schemaError = (message: string) => new PermanentError('schema', message);

/** Called now and then during a migration that takes long. */
type OnProgress = (message: string) => void;

/**
 * Applies the missing migrations, forward only, each in its own transaction: one that takes long must not hold the locks
 * of the ones before it. A `.ts` migration has transactions of its own, and continues where it was interrupted.
 * A second process that starts at the same time waits and then finds nothing to do.
 * @throws PermanentError when an applied migration's text has changed, or the database is newer than this program.
 */
export async function migrate(pool: Pool, onProgress: OnProgress = () => {}): Promise<{ applied: string[] }> {
  const migrations = await readMigrations();
  const client = await pool.connect();
  try {
    await client.query(`select pg_advisory_lock(hashtext('mycelium.migrate'))`);
    const missing = await missingOf(client, migrations);
    for (const migration of missing) await apply(client, migration, onProgress);
    return { applied: missing.map(({ name }) => name) };
  } finally {
    client.release(true); // closed: that rolls back and unlocks
  }
}

type Migration = Awaited<ReturnType<typeof readMigrations>>[number];

async function apply(client: PoolClient, { name, hash, text }: Migration, onProgress: OnProgress) {
  const record = () => client.query('insert into migration (name, hash) values ($1, $2)', [name, hash]);
  if (name.endsWith('.ts')) {
    const { up } = await import(new URL(name, folder).href);
    await up(client, onProgress);
    await record();
    return;
  }
  await client.query('begin');
  await client.query(text);
  await record();
  await client.query('commit');
}

async function missingOf(db: Queryable, migrations: Migration[]): Promise<Migration[]> {
  await db.query(`create table if not exists migration (
    name text primary key, hash text not null, applied_at timestamptz not null default now())`);
  const { rows } = await db.query<{ name: string; hash: string }>('select name, hash from migration');
  const done = new Map(rows.map(({ name, hash }) => [name, hash]));
  for (const name of done.keys()) {
    if (!migrations.some((migration) => migration.name === name)) {
      throw schemaError(
        `the database has the migration ${name}, which this program does not know: it belongs to a newer Mycelium. Update this program`,
      );
    }
  }
  return migrations.filter(({ name, hash }) => {
    const known = done.get(name);
    if (known && known !== hash) {
      throw schemaError(`migration ${name} has changed since it was applied; add a new one instead`);
    }
    return !known;
  });
}

async function readMigrations() {
  const names = (await readdir(folder)).filter((name) => /\.(sql|ts)$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** The tables that the migrations create, in their order; partitions belong to their table. */
export async function migratedTables(): Promise<string[]> {
  const tables = new Set<string>();
  for (const { text } of await readMigrations()) {
    const statements = text.matchAll(/^(create|drop) table (?:if (?:not )?exists )?(\w+)( partition of)?/gim);
    for (const [, verb, table, partition] of statements) {
      if (verb?.toLowerCase() === 'drop') tables.delete(table as string);
      else if (!partition) tables.add(table as string);
    }
  }
  return [...tables];
}

/**
 * Checks that the database is what the program needs.
 * @throws PermanentError naming everything that is missing.
 */
export async function verifySchema(
  db: Queryable,
): Promise<{ postgres: string; pgvector: string; tables: number }> {
  const tables = await migratedTables();
  const { rows } = await db.query<{
    postgres: string;
    number: number;
    pgvector: string | null;
    present: string[];
  }>(
    `select current_setting('server_version') as postgres, current_setting('server_version_num')::int as number,
            (select extversion from pg_extension where extname = 'vector') as pgvector,
            (select coalesce(array_agg(t), '{}') from unnest($1::text[]) t where to_regclass(t) is not null) as present`,
    [tables],
  );
  const found = rows[0] as (typeof rows)[number];
  const wrong: string[] = [];
  if (found.number < 160_000) wrong.push(`PostgreSQL ${found.postgres} is too old; 16 or newer is required`);
  if (!found.pgvector) wrong.push('the extension "vector" (pgvector) is missing');
  else if (!atLeast(found.pgvector, [0, 7]))
    wrong.push(`pgvector ${found.pgvector} is too old; 0.7 or newer is required`);
  const missing = tables.filter((table) => !found.present.includes(table));
  if (missing.length > 0) wrong.push(`tables are missing: ${missing.join(', ')}`);
  if (wrong.length > 0) throw schemaError(`the database cannot be used: ${wrong.join('; ')}`);
  return { postgres: found.postgres, pgvector: found.pgvector as string, tables: tables.length };
}

function atLeast(version: string, [major, minor]: [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
