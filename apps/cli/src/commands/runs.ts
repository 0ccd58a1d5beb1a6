import { runStatuses } from '@mycelium/farm';
import { Command, Option } from 'commander';
import { count } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface RunsOptions extends OutputOptions {
  job?: string;
  status?: string;
  limit: number;
}

const showHelp = `
A run has one id everywhere: in the logs of every process (as \`run\`), in traces (as \`mycelium.run\`), in the console, in
the API and in Bull Board. --logs searches the logs of \`npm start\`; elsewhere search yours, such as with
\`docker compose logs | grep ID\`.

Examples:
  mycelium runs --status failed
  mycelium runs show JOB@1764522200000 --logs`;

export function runsCommand(): Command {
  const runs = new Command('runs')
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
      const { runIdOf } = await import('@mycelium/queue');
      const { withDatabase } = await import('../connections.ts');
      const filter = { ...options, ...(job && { job: knownJob(job) }) };
      await withDatabase(async ({ pool, config }) => {
        const runs = await listRuns(pool, filter);
        output.table(
          ['run', 'slot', 'status', 'cause', 'took', 'attempts', 'error'],
          runs.map((run) => [
            runIdOf(run.job, run.slot),
            formatLocal(run.slot, config.TZ),
            run.status,
            run.cause,
            took(run),
            run.tries > run.attempts ? `${run.attempts} (${run.tries} in all)` : run.attempts,
            run.error?.split('\n')[0] ?? '',
          ]),
          ['took', 'cause', 'attempts'],
        );
        output.result(runs.map((run) => ({ run: runIdOf(run.job, run.slot), ...run })));
      });
    });
  runs
    .command('show')
    .description('Shows everything known about a run: its report, its attempts, its job in the queue.')
    .argument('<id>', 'as `mycelium runs` shows it')
    .option('--logs', 'also the lines of the logs of `npm start` about it')
    .addHelpText('after', showHelp)
    .action(async (id: string, _, command: Command) => {
      const { logs = false, ...options } = command.optsWithGlobals<OutputOptions & { logs?: boolean }>();
      const output = createOutput(options);
      const { showRun } = await import('@mycelium/operations');
      const { withConnections } = await import('../connections.ts');
      const { printShownRun } = await import('../show-run.ts');
      const { linesOfRun } = await import('../run-logs.ts');
      await withConnections(async (connections) => {
        const run = await showRun(connections, id);
        const lines = logs ? await linesOfRun(connections.config.MYCELIUM_HOME, run.run) : undefined;
        printShownRun(output, run, connections.config.TZ, lines);
        if (logs && !lines)
          output.warn(
            `There are no logs in ${connections.config.MYCELIUM_HOME}. Search those of your processes for ${run.run}.`,
          );
        output.result({ ...run, ...(lines && { log: lines }) });
      });
    });
  return runs;
}

function took({ startedAt, finishedAt }: { startedAt: Date | null; finishedAt: Date | null }): string {
  if (!startedAt || !finishedAt) return '–';
  return `${((finishedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1)} s`;
}
