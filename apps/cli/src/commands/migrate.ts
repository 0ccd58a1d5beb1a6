import type { Pool } from '@mycelium/database';
import { Command } from 'commander';
import { createOutput } from '../output.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('create and verify the tables')
    .description('Applies the migrations that are missing and verifies the schema. Safe to run at any time.')
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
      const { migrate, verifySchema } = await import('@mycelium/database');
      const { withDatabase } = await import('../connections.ts');
      const migrateAll = async ({ pool }: { pool: Pool }) => {
        const { applied } = await migrate(pool, (progress) => output.line(progress));
        const schema = await verifySchema(pool);
        for (const name of applied) output.done('applied', name);
        output.line(`${schema.tables} tables; PostgreSQL ${schema.postgres}, pgvector ${schema.pgvector}`);
        output.result({ applied, ...schema });
      };
      await withDatabase(migrateAll, undefined, { fit: false });
    });
}
