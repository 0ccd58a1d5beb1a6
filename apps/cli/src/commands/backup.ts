import { Command } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { createOutput } from '../output.ts';

const help = `
Everything keeps running meanwhile. FILE is read by pg_restore too. FILE.json has the versions, the checksum and the
rows of each table; keep it beside FILE. Images are not in it: back up the image store with its own tools.

Examples:
  mycelium backup /backups/farm-2025-12-31.dump
  mycelium restore /backups/farm-2025-12-31.dump`;

export function backupCommand(): Command {
  return new Command('backup')
    .summary('write the database to a file')
    .description('Writes the whole database, as it is at one moment, to FILE and its manifest to FILE.json.')
    .argument('<file>', 'file to write, which must not exist')
    .addHelpText('after', help)
    .action(async (file: string, _, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
      const { withServers } = await import('../backup/servers.ts');
      const { backUp } = await import('../backup/backup.ts');
      const signal = interruption('Interrupted: no backup was written. Run the command again.');
      const manifest = await unlessInterrupted(
        signal,
        withServers(output, signal, (config) => backUp(file, config, output, signal)),
      );
      const rows = Object.values(manifest.tables).reduce((sum, count) => sum + count, 0);
      output.done('written', `${file}, ${(manifest.dump.bytes / 1024 ** 2).toFixed(1)} MiB`);
      output.done(
        'manifest',
        `${file}.json: ${rows.toLocaleString('en')} rows, sha256 ${manifest.dump.sha256.slice(0, 12)}…`,
      );
      output.warn(`  The images are not in it: ${manifest.images}`);
      output.result({ file, ...manifest });
    });
}
