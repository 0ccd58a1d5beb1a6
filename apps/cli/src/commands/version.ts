import { Command } from 'commander';
import { createOutput, hanging } from '../output.ts';

export function versionCommand(): Command {
  return new Command('version')
    .summary('show the version of this program and of the database')
    .description('Shows the version of this program, of Node, and of the database it is set to use.')
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
      const { default: cli } = await import('../../package.json', { with: { type: 'json' } });
      const { knownMigrations } = await import('@mycelium/database');
      const newest = (await knownMigrations()).at(-1)?.slice(0, 3);
      output.done('Mycelium', `${cli.version}, tables of migration ${newest}`);
      output.done('Node', process.version);
      const database = await databaseVersion();
      output.done('database', hanging(database.says, 14));
      output.result({ mycelium: cli.version, migration: newest, node: process.version, ...database });
    });
}

async function databaseVersion() {
  const { readConfig } = await import('@mycelium/config');
  if (!readConfig().DATABASE_URL) return { says: 'none: DATABASE_URL is not set and nothing runs here' };
  const { checkFit } = await import('@mycelium/database');
  const { withDatabase } = await import('../connections.ts');
  const look = async ({ pool }: Parameters<Parameters<typeof withDatabase>[0]>[0]) => {
    const { rows } = await pool.query<{ version: string; vector: string | null; newest: string | null }>(
      `select current_setting('server_version') as version,
              (select extversion from pg_extension where extname = 'vector') as vector,
              case when to_regclass('migration') is not null then
                (xpath('/row/n/text()', query_to_xml('select max(name) as n from migration', false, true, '')))[1]::text
              end as newest`,
    );
    const { version = '', vector = null, newest = null } = rows[0] ?? {};
    const fit = await checkFit(pool).then(
      () => 'fits this program',
      (error: Error) => error.message,
    );
    const tables = newest ? `tables of migration ${newest.slice(0, 3)}` : 'no tables';
    return {
      ...{ postgres: version, pgvector: vector, databaseMigration: newest },
      says: `PostgreSQL ${version}, pgvector ${vector ?? 'none'}, ${tables}: ${fit}`,
    };
  };
  return withDatabase(look, undefined, { fit: false }).catch((error: Error) => ({
    says: `does not answer: ${error.message}`,
  }));
}
