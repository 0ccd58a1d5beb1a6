import { type Config, requireSettings } from '@mycelium/config';
import {
  brokenIndexes,
  createPool,
  hasDeletionFault,
  mendIndex,
  migrate,
  type Pool,
  rebuildForTextOrder,
  rebuildVectorIndexes,
  textOrderChange,
  verifySchema,
} from '@mycelium/database';
import { about, type Finding, type Fix } from './finding.ts';

const say = about('PostgreSQL');

/** PostgreSQL holds the only copy of the results: what it reports as committed must be on disk. */
export async function examinePostgres(config: Config): Promise<Finding[]> {
  const { DATABASE_URL } = requireSettings(config, 'DATABASE_URL');
  const pool = createPool(DATABASE_URL, { name: 'mycelium doctor', max: 1 });
  try {
    const fitting = await verifySchema(pool).catch((error: Error) => error);
    if (fitting instanceof Error) {
      const fix = inDatabase('applies the missing migrations', (db) => migrate(db));
      return [say('bad', fitting.message, /older than|tables/.test(fitting.message) ? fix : undefined)];
    }
    const { postgres, pgvector, tables } = fitting;
    const findings = [say('good', `version ${postgres}, pgvector ${pgvector}, ${tables} tables`)];
    if (hasDeletionFault(pgvector)) findings.push(await faultyPgvector(pool, pgvector));
    const { rows } = await pool.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
    );
    const off = rows.filter(({ setting }) => setting === 'off');
    for (const { name } of off) {
      const lost = name === 'synchronous_commit' ? 'warning' : 'bad';
      findings.push(say(lost, `${name} is off: a crash loses committed data; switch it on`));
    }
    if (off.length === 0) findings.push(say('good', 'commits are written to disk'));
    findings.push(
      ...(await textOrderFindings(pool)),
      ...(await indexFindings(pool)),
      ...(await memoryFindings(pool)),
    );
    return findings;
  } finally {
    await pool.end();
  }
}

/** A repair that needs the database. */
function inDatabase(does: string, work: (pool: Pool) => Promise<unknown>): Fix {
  return {
    does,
    async run(config) {
      const { DATABASE_URL } = requireSettings(config, 'DATABASE_URL');
      const pool = createPool(DATABASE_URL, { name: 'mycelium doctor', max: 1 });
      await work(pool).finally(() => pool.end());
    },
  };
}

/** The server may already have a newer release than the database uses. */
async function faultyPgvector(pool: Pool, pgvector: string): Promise<Finding> {
  const { rows } = await pool.query<{ newest: string }>(
    `select default_version as newest from pg_available_extensions where name = 'vector'`,
  );
  const newest = rows[0]?.newest ?? pgvector;
  const says = `pgvector ${pgvector} has known faults: parallel index builds (fixed in 0.8.2), and an index that is not repaired or is damaged when deleted vectors are vacuumed (fixed in 0.8.3 and 0.8.4): upgrade to 0.8.6`;
  if (hasDeletionFault(newest)) return say('warning', says);
  const fix = inDatabase(`switches to pgvector ${newest} and builds its indexes again`, async (db) => {
    await db.query('alter extension vector update');
    await rebuildVectorIndexes(db);
  });
  return say('warning', `${says}; this server has ${newest}`, fix);
}

async function textOrderFindings(pool: Pool): Promise<Finding[]> {
  const change = await textOrderChange(pool);
  if (!change) return [];
  const { database, built, now } = change;
  const fix = inDatabase('builds all indexes again', (db) => rebuildForTextOrder(db, change));
  return [
    say(
      'bad',
      `the sort order of text is of version ${now} now, but indexes were built with ${built} and can miss rows: run \`reindex database concurrently ${database}\`, then \`alter database ${database} refresh collation version\``,
      fix,
    ),
  ];
}

async function indexFindings(pool: Pool): Promise<Finding[]> {
  const broken = await brokenIndexes(pool);
  if (broken.length === 0) return [];
  const fix = inDatabase('removes them or builds them again', async (db) => {
    for (const name of broken) await mendIndex(db, name);
  });
  return [say('warning', `indexes whose build was broken off: ${broken.join(', ')}: build them again`, fix)];
}

/** Memory of a 512-dimensional vector of 16 bits a number and its links while an HNSW index is built. */
const bytesPerVector = 2_000;

/** An index that does not fit in memory while it is built takes many times as long. */
async function memoryFindings(pool: Pool): Promise<Finding[]> {
  const { rows } = await pool.query<{ vectors: number; memory: number }>(
    `select coalesce(max(c.reltuples), 0)::float8 as vectors,
            (select setting::bigint * 1024 from pg_settings where name = 'maintenance_work_mem') as memory
     from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'image_embedding'::regclass`,
  );
  const { vectors = 0, memory = 0 } = rows[0] ?? {};
  const needed = Math.max(64 * 1024 ** 2, vectors * bytesPerVector);
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 ** 2)}MB`;
  if (memory >= needed) return [say('good', `builds indexes in ${mebibytes(memory)} (maintenance_work_mem)`)];
  return [
    say(
      'warning',
      `maintenance_work_mem is ${mebibytes(memory)}; an index of ${vectors} vectors needs ${mebibytes(needed)} or is built slowly: raise it`,
    ),
  ];
}
