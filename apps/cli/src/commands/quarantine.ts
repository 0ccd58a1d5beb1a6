import { Command } from 'commander';
import { count } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';
import { readingsCommand } from './quarantine-readings.ts';

export function quarantineCommand(): Command {
  const quarantine = new Command('quarantine')
    .summary('list or release images that could not be read, and readings of wrong times')
    .description(
      'Lists or releases images that could not be read, and readings whose time cannot be right. Images are not tried again until they are released or replaced.',
    );
  quarantine
    .command('list', { isDefault: true })
    .description('Lists the quarantined images with their reasons, newest first.')
    .option('--limit <n>', 'at most this many', count, 50)
    .action(async (_, command: Command) => {
      const { limit, ...options } = command.optsWithGlobals<OutputOptions & { limit: number }>();
      const output = createOutput(options);
      const { listQuarantine } = await import('@mycelium/database');
      const { withDatabase } = await import('../connections.ts');
      await withDatabase(async ({ pool }) => {
        const rows = await listQuarantine(pool, { limit });
        output.table(
          ['key', 'reason', 'detail', 'times'],
          rows.map(({ key, reason, detail, times }) => [key, reason, detail, times]),
        );
        output.result(rows);
      });
    });
  quarantine
    .command('retry')
    .description('Releases images and queues them again: the ones named, or every one with --all.')
    .argument('[key...]', 'keys as `quarantine list` shows them')
    .option('--all', 'every quarantined image')
    .action(async (keys: string[], _, command: Command) => {
      const { all, ...options } = command.optsWithGlobals<OutputOptions & { all?: boolean }>();
      if (keys.length === 0 && !all) command.error('error: expected the keys, or --all');
      await retry(keys, createOutput(options));
    });
  quarantine.addCommand(readingsCommand());
  return quarantine;
}

async function retry(keys: string[], output: Output) {
  const { releaseFromQuarantine } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { operationsOf } = await import('../operations.ts');
  await withConnections(async (connections) => {
    const chosen = keys.length > 0 ? { keys } : {};
    const { released, queued, left, unknown } = await releaseFromQuarantine(
      operationsOf(connections),
      chosen,
    );
    for (const key of unknown) output.warn(`${key} is not quarantined.`);
    for (const { key, reason } of left) output.warn(`${key} stays quarantined: ${reason}`);
    output.line(`${released.length} released, ${queued} queued.`);
    output.result({ released, queued, left, unknown });
    if (unknown.length + left.length > 0) process.exitCode = 1;
  });
}
