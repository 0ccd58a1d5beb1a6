import { Command } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { createOutput, type OutputOptions } from '../output.ts';

const help = `
Stop all processes first, or \`npm start\`; servers in MYCELIUM_HOME are then started for the time of the restore. The
backup is checked, restored beside the present database and compared with its manifest before the names are swapped, so
an interrupted restore changes nothing. Afterwards Redis holds no jobs: the scheduler queues again what is missing.

Examples:
  mycelium restore /backups/farm-2025-12-31.dump             into a database without tables
  mycelium restore /backups/farm-2025-12-31.dump --replace   the present database is kept under another name`;

export function restoreCommand(): Command {
  return new Command('restore')
    .summary('restore the database from a file of `mycelium backup`')
    .description('Restores FILE, checked against FILE.json. Overwrites nothing.')
    .argument('<file>', 'file of `mycelium backup`')
    .option('--replace', 'put it in place of a database that has tables, and keep that one')
    .addHelpText('after', help)
    .action(async (file: string, _, command: Command) => {
      const options = command.optsWithGlobals<OutputOptions & { replace?: boolean }>();
      const output = createOutput(options);
      const { withServers } = await import('../backup/servers.ts');
      const { restore } = await import('../backup/restore.ts');
      const signal = interruption('Interrupted: nothing was changed. Run the command again.');
      const restored = await unlessInterrupted(
        signal,
        withServers(output, signal, (config) =>
          restore(file, config, { replace: options.replace ?? false, output, signal }),
        ),
      );
      const { kept, redisEmptied } = restored;
      if (kept) output.done('kept', `the database before, as ${kept}; drop it when all is well`);
      if (redisEmptied) output.done('Redis', 'jobs of the other database removed');
      else output.warn('  Redis does not answer: remove its keys before you start the processes.');
      output.line('\nNow start the processes. The scheduler queues what is missing since the backup.');
      output.result(restored);
    });
}
