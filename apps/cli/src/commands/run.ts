import type { Day } from '@mycelium/farm';
import { Command, Option } from 'commander';
import { day, instant } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';

interface RunOptions extends OutputOptions {
  day?: Day;
  slot?: Date;
  wait?: boolean;
}

export function runJobCommand(): Command {
  return new Command('run')
    .summary('run a job once')
    .description('Queues one run: for a day, for a scheduled time, or for the newest slot that is due.')
    .argument('<job>', 'job to run, such as daily_env_stats; `mycelium schedules` lists them')
    .addOption(new Option('--day <day>', 'the day to work on, YYYY-MM-DD').argParser(day).conflicts('slot'))
    .addOption(
      new Option('--slot <time>', 'the scheduled time with its zone, such as 2025-12-31T17:03:20Z').argParser(
        instant,
      ),
    )
    .option('--wait', 'follow the run and print its report')
    .action(async (job, _, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>();
      await run(job, options, createOutput(options));
    });
}

async function run(name: string, { day, slot, wait }: RunOptions, output: Output) {
  const { isJobName, scheduledJobs, startupJob } = await import('@mycelium/queue');
  const { knownJob, runJob } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { followOne } = await import('../follow-one.ts');
  const { operationsOf } = await import('../operations.ts');
  const job = isJobName(name) ? name : knownJob(name, [...scheduledJobs, startupJob]);
  await withConnections(async (connections) => {
    const queued = await runJob(operationsOf(connections), { job, day, slot });
    if (wait) return followOne(connections, queued, output);
    const { id } = queued;
    output.line(
      `Queued ${job} for ${queued.slot.toISOString()} (${id}). \`mycelium runs\` shows the result.`,
    );
    output.result({ job, slot: queued.slot, id });
  });
}
