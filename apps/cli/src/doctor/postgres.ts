import { type Config, requireSettings } from '@mycelium/config';
import { createPool, type Pool, verifySchema } from '@mycelium/database';
import { about, type Finding } from './finding.ts';

const say = about('PostgreSQL');

/** PostgreSQL holds the only copy of the results: what it reports as committed must be on disk. */
export async function examinePostgres(config: Config): Promise<Finding[]> {
  const { DATABASE_URL } = requireSettings(config, 'DATABASE_URL');
  const pool = createPool(DATABASE_URL, { name: 'mycelium doctor', max: 1 });
  try {
    const { postgres, pgvector, tables } = await verifySchema(pool);
    const findings = [say('good', `version ${postgres}, pgvector ${pgvector}, ${tables} tables`)];
    const [major = 0, minor = 0, patch = 0] = pgvector.split('.').map(Number);
    if (major === 0 && (minor < 8 || (minor === 8 && patch < 4))) {
      findings.push(
        say(
          'warning',
          `pgvector ${pgvector} has known faults: parallel index builds (fixed in 0.8.2), and an index that is not repaired or is damaged when deleted vectors are vacuumed (fixed in 0.8.3 and 0.8.4): upgrade to 0.8.6`,
        ),
      );
    }
    const { rows } = await pool.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
    );
    const off = rows.filter(({ setting }) => setting === 'off');
    for (const { name } of off) {
      const lost = name === 'synchronous_commit' ? 'warning' : 'bad';
      findings.push(say(lost, `${name} is off: a crash loses committed data; switch it on`));
    }
    if (off.length === 0) findings.push(say('good', 'commits are written to disk'));
    findings.push(...(await collationFindings(pool)), ...(await memoryFindings(pool)));
    return findings;
  } finally {
    await pool.end();
  }
}

/**
 * The sort order of text comes from the operating system's libraries. After another version of them, indexes that were
 * built with the old order miss rows and let duplicates in.
 */
async function collationFindings(pool: Pool): Promise<Finding[]> {
  const { rows } = await pool.query<{ name: string; built: string; now: string }>(
    `select quote_ident(datname) as name, datcollversion as built, pg_database_collation_actual_version(oid) as now
       from pg_database
      where datname = current_database() and datcollversion <> pg_database_collation_actual_version(oid)`,
  );
  return rows.map(({ name, built, now }) =>
    say(
      'bad',
      `the sort order of text is of version ${now} now, but indexes were built with ${built} and can miss rows: stop the processes, then run \`reindex database ${name}\` and \`alter database ${name} refresh collation version\``,
    ),
  );
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
