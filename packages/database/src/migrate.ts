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
  const record = () =>
    client.query('insert into migration (name, hash, oldest) values ($1, $2, $3)', [
      ...[name, hash],
      oldestProgram.exec(text)?.[1] ?? numberOf(name),
    ]);
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

/**
 * A line of a migration: the oldest program, by the number of its newest migration, that may use the database afterwards.
 * Without it, only programs that have the migration may.
 */
const oldestProgram = /Works with programs from (\d{3}) on\./;

const numberOf = (name: string) => name.slice(0, 3);

async function missingOf(db: Queryable, migrations: Migration[]): Promise<Migration[]> {
  await db.query(`create table if not exists migration (
    name text primary key, hash text not null, applied_at timestamptz not null default now())`);
  await db.query('alter table migration add column if not exists oldest text');
  const { rows } = await db.query<Applied & { hash: string }>('select name, hash, oldest from migration');
  refuseNewer(rows, migrations);
  const done = new Map(rows.map(({ name, hash }) => [name, hash]));
  return migrations.filter(({ name, hash }) => {
    const known = done.get(name);
    if (known && known !== hash) {
      throw schemaError(`migration ${name} has changed since it was applied; add a new one instead`);
    }
    return !known;
  });
}

/** The names of this program's migrations, in their order. */
export async function knownMigrations(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => /\.(sql|ts)$/.test(name)).sort();
}

async function readMigrations() {
  const names = await knownMigrations();
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(new URL(name, folder), 'utf8');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

interface Applied {
  name: string;
  oldest: string | null;
}

/** Those of a newer program do no harm if this one is not too old for them. */
function refuseNewer(applied: Applied[], known: Pick<Migration, 'name'>[]): void {
  const ours = numberOf(known.at(-1)?.name ?? '');
  for (const { name, oldest } of applied) {
    if (known.some((migration) => migration.name === name) || (oldest && oldest <= ours)) continue;
    throw schemaError(
      `the database is newer than this program: it has the migration ${name} of a newer Mycelium. Update this program`,
    );
  }
}

/**
 * Checks that the database is neither older nor too new for this program.
 * @throws PermanentError that says what to do
 */
export async function checkFit(db: Queryable): Promise<void> {
  const known = (await knownMigrations()).map((name) => ({ name }));
  const todo = 'Start the scheduler of this release, or run `mycelium migrate`';
  const { rows: tables } = await db.query<{ none: boolean }>(
    `select to_regclass('migration') is null as none`,
  );
  if (tables[0]?.none) throw schemaError(`the database has no tables yet. ${todo}`);
  const { rows } = await db.query<Applied>(
    `select name, to_jsonb(migration) ->> 'oldest' as oldest from migration`,
  );
  refuseNewer(rows, known);
  const missing = known.filter(({ name }) => !rows.some((row) => row.name === name));
  if (missing.length === 0) return;
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  throw schemaError(
    `the database is older than this program: the migration ${missing[0]?.name}${more} is missing. ${todo}`,
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
  await checkFit(db);
  return { postgres: found.postgres, pgvector: found.pgvector as string, tables: tables.length };
}

function atLeast(version: string, [major, minor]: [number, number]): boolean {
  const [a = 0, b = 0] = version.split('.').map(Number);
  return a > major || (a === major && b >= minor);
}
