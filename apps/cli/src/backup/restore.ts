import { join } from 'node:path';
import { createPool, knownMigrations, listHeartbeats, type Pool, type Queryable } from '@mycelium/database';
import { findPostgresClients } from '@mycelium/embedded';
import { formatLocal } from '@mycelium/farm';
import { connect, createQueues } from '@mycelium/queue';
import { CommandFailed } from '../command-errors.ts';
import type { Output } from '../output.ts';
import { runClient } from './client-program.ts';
import { countRows, type Manifest, readChecked } from './manifest.ts';
import type { RunningConfig } from './servers.ts';

export interface Restored {
  manifest: Manifest;
  rows: number;
  /** The database that was there before, under its new name; undefined if it was empty. */
  kept: string | undefined;
  /** Whether the jobs that were in Redis are removed. */
  redisEmptied: boolean;
}

/**
 * Restores a backup beside the present database and then swaps the names, so that an interrupted restore changes
 * nothing and a wrong one can be undone.
 * @param replace whether a database with tables may be replaced; it is kept under another name
 */
export async function restore(
  file: string,
  config: RunningConfig,
  { replace, output, signal }: { replace: boolean; output: Output; signal: AbortSignal },
): Promise<Restored> {
  const manifest = await readChecked(file);
  const known = await knownMigrations();
  const unknown = manifest.migrations.find((name) => !known.includes(name));
  if (unknown)
    throw new CommandFailed(
      `The backup is of a newer Mycelium (${manifest.mycelium}, migration ${unknown}). Restore it with that program.`,
    );
  output.done('backup', `of ${formatLocal(new Date(manifest.madeAt), config.TZ)}, checksum is right`);

  const target = databaseOf(config.DATABASE_URL);
  const isEmpty = await checkTarget(config, replace);
  const stamp = new Date().toISOString().replaceAll(/[-:T]/g, '').slice(0, 14);
  const fresh = `${target}_restored_${stamp}`;
  const kept = `${target}_before_${stamp}`;
  const maintenance = createPool(atDatabase(config.DATABASE_URL, 'postgres'), {
    name: 'mycelium restore',
    max: 1,
  });
  try {
    const major = await serverMajor(maintenance);
    const bin = await findPostgresClients({
      ...{ home: config.MYCELIUM_HOME, major, signal },
      onProgress: (message) => output.line(`  ${message}`),
    });
    await createLike(maintenance, fresh, target);
    try {
      await fill(join(bin, 'pg_restore'), file, atDatabase(config.DATABASE_URL, fresh), output, signal);
      const rows = await compare(atDatabase(config.DATABASE_URL, fresh), manifest);
      output.done('rows', `${rows.toLocaleString('en')}, as in the backup`);
      signal.throwIfAborted();
      await swap(maintenance, { fresh, target, kept });
      if (isEmpty) await maintenance.query(`drop database ${quoted(kept)}`);
      const redisEmptied = await emptyRedis(config);
      return { manifest, rows, kept: isEmpty ? undefined : kept, redisEmptied };
    } catch (error) {
      await maintenance.query(`drop database if exists ${quoted(fresh)} with (force)`).catch(() => {});
      throw error;
    }
  } finally {
    await maintenance.end();
  }
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;
const databaseOf = (url: string) => decodeURIComponent(new URL(url).pathname.slice(1)) || 'postgres';

function atDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${encodeURIComponent(database)}`;
  return other.href;
}

/** @returns whether the database has no tables. @throws CommandFailed when it must not be replaced */
async function checkTarget({ DATABASE_URL }: RunningConfig, replace: boolean): Promise<boolean> {
  const pool = createPool(DATABASE_URL, { name: 'mycelium restore', max: 1 });
  try {
    const { rows } = await pool.query<{ tables: number; ours: boolean }>(
      `select count(*)::int as tables, count(*) filter (where relname = 'heartbeat') > 0 as ours
         from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    );
    const { tables = 0, ours = false } = rows[0] ?? {};
    if (tables === 0) return true;
    if (!replace)
      throw new CommandFailed(
        `The database ${databaseOf(DATABASE_URL)} has ${tables} tables, and nothing is overwritten. With --replace it is kept under another name.`,
      );
    if (ours) await refuseWhileRunning(pool);
    return false;
  } finally {
    await pool.end();
  }
}

/** Processes that hold leases of the present database must not write to the restored one. */
async function refuseWhileRunning(pool: Pool): Promise<void> {
  const now = new Date();
  const live = (await listHeartbeats(pool, now)).filter(
    ({ seenAt }) => now.getTime() - seenAt.getTime() < 30_000,
  );
  if (live.length === 0) return;
  const names = [...new Set(live.map(({ service }) => service))].join(', ');
  throw new CommandFailed(`Stop the processes first: ${names}. Then run this again after 30 s.`);
}

async function serverMajor(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ major: number }>(
    `select current_setting('server_version_num')::int / 10000 as major`,
  );
  return rows[0]?.major ?? 0;
}

async function createLike(db: Queryable, fresh: string, target: string): Promise<void> {
  const { rows } = await db.query<{ encoding: string; collate: string; ctype: string; provider: string }>(
    `select pg_encoding_to_char(encoding) as encoding, datcollate as collate, datctype as ctype,
            datlocprovider as provider
       from pg_database where datname = $1`,
    [target],
  );
  const like = rows[0];
  const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
  const locale =
    like?.provider === 'c'
      ? ` encoding ${text(like.encoding)} lc_collate ${text(like.collate)} lc_ctype ${text(like.ctype)}`
      : '';
  await db.query(`create database ${quoted(fresh)} template template0${locale}`).catch((cause: Error) => {
    throw new CommandFailed(
      `A database beside the present one cannot be created: ${cause.message}. Allow it with \`alter role … createdb\`.`,
      { cause },
    );
  });
}

async function fill(program: string, file: string, url: string, output: Output, signal: AbortSignal) {
  const bar = output.bar('restored');
  let done = 0;
  const args = ['--exit-on-error', '--no-owner', '--no-privileges', '--verbose', '--jobs=2', file];
  await runClient(program, args, url, {
    signal,
    onLine: (line) => {
      const [, item] = /finished item \d+ (.+)/.exec(line) ?? [];
      if (item) bar.note(`${++done} parts, ${item.toLowerCase()}`);
    },
  });
  bar.end(`${done} parts`);
}

/** @returns the number of rows. @throws CommandFailed if any table has more or fewer than the backup says */
async function compare(url: string, { tables }: Manifest): Promise<number> {
  const pool = createPool(url, { name: 'mycelium restore', max: 1 });
  try {
    const found = await countRows(pool);
    const names = new Set([...Object.keys(tables), ...Object.keys(found)]);
    const wrong = [...names].filter((name) => tables[name] !== found[name]);
    if (wrong.length > 0)
      throw new CommandFailed(
        `The restored tables differ from the backup: ${wrong.map((name) => `${name} ${found[name] ?? 'missing'} instead of ${tables[name] ?? 'none'}`).join(', ')}. Nothing was changed.`,
      );
    return Object.values(found).reduce((sum, rows) => sum + rows, 0);
  } finally {
    await pool.end();
  }
}

async function swap(
  db: Queryable,
  { fresh, target, kept }: { fresh: string; target: string; kept: string },
): Promise<void> {
  await db.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()',
    [target],
  );
  await db.query(`alter database ${quoted(target)} rename to ${quoted(kept)}`);
  try {
    await db.query(`alter database ${quoted(fresh)} rename to ${quoted(target)}`);
  } catch (error) {
    await db.query(`alter database ${quoted(kept)} rename to ${quoted(target)}`);
    throw error;
  }
}

/** The jobs in Redis belong to the other database; the scheduler queues again what the restored one needs. */
async function emptyRedis({ REDIS_URL, ...config }: RunningConfig): Promise<boolean> {
  if (!REDIS_URL) return false;
  const connection = connect({ ...config, REDIS_URL }, () => {});
  const queues = createQueues(connection);
  try {
    await connection.redis.ping();
    for (const queue of queues.all) await queue.obliterate({ force: true });
    return true;
  } catch {
    return false;
  } finally {
    await queues.close().catch(() => {});
  }
}
