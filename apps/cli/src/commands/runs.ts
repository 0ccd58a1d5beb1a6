import { Command, Option } from 'commander';
import { count } from '../options.ts';
import { createOutput } from '../output.ts';

interface RunsOptions {
  job?: string;
  status?: string;
  limit: number;
  json?: boolean;
}

const statuses = ['running', 'waiting', 'retrying', 'succeeded', 'failed', 'missed', 'coalesced', 'paused'];

export function runsCommand(): Command {
  return new Command('runs')
    .summary('what ran, and how it ended')
    .description('The ledger of runs, newest first; times are farm time.')
    .option('--job <job>', 'of this job alone')
    .addOption(new Option('--status <status>', 'that stand so').choices(statuses))
    .option('--limit <n>', 'at most so many', count, 20)
    .action(async (_, command: Command) => {
      const { json, job, ...options } = command.optsWithGlobals<RunsOptions>();
      const output = createOutput(json);
      const { formatLocal } = await import('@mycelium/farm');
      const { listRuns } = await import('@mycelium/database');
      const { jobNamed, withDatabase } = await import('../house.ts');
      const filter = { ...options, ...(job && { job: jobNamed(job) }) };
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
            run.attempts,
            run.error?.split('\n')[0] ?? '',
          ]),
        );
        output.result(runs);
      });
    });
}

function took({ startedAt, finishedAt }: { startedAt: Date | null; finishedAt: Date | null }): string {
  if (!startedAt || !finishedAt) return '–';
  return `${((finishedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1)} s`;
}
