import { type Config, requireSettings } from '@mycelium/config';
import { createPool, verifySchema } from '@mycelium/database';
import { about, type Finding } from './finding.ts';

const say = about('PostgreSQL');

/** The truth lives in PostgreSQL: what it says is committed must be on disk. */
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
          `pgvector ${pgvector} has known faults in parallel index builds; 0.8.4 or newer is better`,
        ),
      );
    }
    const { rows } = await pool.query<{ name: string; setting: string }>(
      `select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')`,
    );
    const off = rows.filter(({ setting }) => setting === 'off');
    for (const { name } of off) {
      const lost = name === 'synchronous_commit' ? 'warning' : 'bad';
      findings.push(say(lost, `${name} is off: a crash loses what was committed`));
    }
    if (off.length === 0) findings.push(say('good', 'writes what it commits'));
    return findings;
  } finally {
    await pool.end();
  }
}
