import { runStatuses } from '@mycelium/farm';
import { Command, Option } from 'commander';
import { count } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface RunsOptions extends OutputOptions {
  job?: string;
  status?: string;
  limit: number;
}

export function runsCommand(): Command {
  return new Command('runs')
    .summary('list the runs of jobs and how they ended')
    .description('Lists the runs in the ledger, newest first. Times are farm time.')
    .option('--job <job>', 'only this job')
    .addOption(new Option('--status <status>', 'only runs with this status').choices(runStatuses))
    .option('--limit <n>', 'at most this many', count, 20)
    .action(async (_, command: Command) => {
      const { json, wide, job, ...options } = command.optsWithGlobals<RunsOptions>();
      const output = createOutput({ json, wide });
      const { formatLocal } = await import('@mycelium/farm');
      const { listRuns } = await import('@mycelium/database');
      const { knownJob } = await import('@mycelium/operations');
      const { withDatabase } = await import('../connections.ts');
      const filter = { ...options, ...(job && { job: knownJob(job) }) };
      await withDatabase(async ({ pool, config }) => {
        const runs = await listRuns(pool, filter);
        output.table(
          ['job', 'slot', 'status', 'cause', 'took', 'attempts', 'error'],
          runs.map((run) => [
            run.job,
            formatLocal(run.slot, config.TZ),
            run.status,
            run.cause,
            took(run),
            run.tries > run.attempts ? `${run.attempts} (${run.tries} in all)` : run.attempts,
            run.error?.split('\n')[0] ?? '',
          ]),
          ['took', 'cause', 'attempts'],
        );
        output.result(runs);
      });
    });
}

function took({ startedAt, finishedAt }: { startedAt: Date | null; finishedAt: Date | null }): string {
  if (!startedAt || !finishedAt) return '–';
  return `${((finishedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1)} s`;
}
