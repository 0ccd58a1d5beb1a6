import type { Pool } from '@mycelium/database';
import { Command } from 'commander';
import type { CommandFailed } from '../command-errors.ts';
import { interruption } from '../interruption.ts';
import { createOutput } from '../output.ts';

export function migrateCommand(): Command {
  return new Command('migrate')
    .summary('create and verify the tables')
    .description('Applies the migrations that are missing and verifies the schema. Safe to run at any time.')
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
      const signal = interruption(
        'Interrupted. Migrations that were applied stay, and the one under way is undone or continues where it was: run the command again.',
      );
      // PostgreSQL undoes what this process began.
      signal.addEventListener('abort', () => {
        console.error((signal.reason as Error).message);
        process.exit((signal.reason as CommandFailed).exitCode);
      });
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
