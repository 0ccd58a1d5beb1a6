import { Command } from 'commander';
import { createOutput, type OutputOptions } from '../output.ts';

export function pruneCommand(): Command {
  return new Command('prune')
    .summary('delete data past its retention period')
    .description(
      'Runs the job `prune` now. It deletes data older than KEEP_RUNS_DAYS, KEEP_ALERTS_DAYS, KEEP_AUDIT_DAYS, ' +
        'KEEP_IMAGES_DAYS and KEEP_READINGS_DAYS. --dry-run shows what that is.',
    )
    .option('--dry-run', 'show what would be deleted, and change nothing')
    .action(async (_, command: Command) => {
      const { dryRun, ...shared } = command.optsWithGlobals<{ dryRun?: boolean } & OutputOptions>();
      const output = createOutput(shared);
      const { withDatabase, withConnections } = await import('../connections.ts');
      if (!dryRun) {
        const { runJob } = await import('@mycelium/operations');
        const { retentionJob } = await import('@mycelium/queue');
        const { followOne } = await import('../follow-one.ts');
        const { operationsOf } = await import('../operations.ts');
        await withConnections(async (connections) =>
          followOne(connections, await runJob(operationsOf(connections), { job: retentionJob }), output),
        );
        return;
      }
      const { countOld } = await import('@mycelium/database');
      const { keptDays } = await import('@mycelium/config');
      await withDatabase(async ({ config, pool }) => {
        const kept = keptDays(config);
        const keptLike: Record<string, keyof typeof kept> = {
          quarantined: 'images',
          quarantinedReadings: 'readings',
        };
        const old = await countOld(pool, kept, new Date());
        output.table(
          ['what', 'kept for', 'to delete'],
          Object.entries(old).map(([what, n]) => {
            const days = kept[keptLike[what] ?? (what as keyof typeof kept)];
            return [what, days ? `${days} days` : 'forever', Array.isArray(n) ? n.join(' ') || '0' : n];
          }),
        );
        output.result(old);
      });
    });
}
