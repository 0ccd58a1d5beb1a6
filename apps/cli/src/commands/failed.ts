import { Command } from 'commander';
import type { QueuedJob } from '../house.ts';
import { count } from '../options.ts';
import { createOutput } from '../output.ts';

interface Filter {
  job?: string;
  limit?: number;
  json?: boolean;
}

export function failedCommand(): Command {
  const failed = new Command('failed')
    .summary('jobs that failed for good: list, retry, discard')
    .description('Jobs that were tried as often as they may be. Bull Board shows the same ones.');
  failed
    .command('list', { isDefault: true })
    .description('The failed jobs of all queues, newest first.')
    .option('--job <job>', 'of this job alone')
    .option('--limit <n>', 'at most so many of a queue', count, 50)
    .action(async (_, command: Command) => {
      const { job, limit, json } = command.optsWithGlobals<Filter>();
      const output = createOutput(json);
      await withFailed({ job, limit }, async (jobs) => {
        const rows = jobs.map(({ id, name, queueName, attemptsMade, finishedOn, failedReason }) => ({
          id,
          job: name,
          queue: queueName,
          attempts: attemptsMade,
          failedAt: finishedOn ? new Date(finishedOn).toISOString() : null,
          reason: failedReason,
        }));
        output.table(
          ['id', 'job', 'attempts', 'failed at', 'reason'],
          rows.map(({ id, job, attempts, failedAt, reason }) => [
            id,
            job,
            attempts,
            failedAt,
            reason.split('\n')[0],
          ]),
        );
        output.result(rows);
      });
    });
  failed
    .command('retry')
    .description('Puts failed jobs back into their queues, with all their attempts: these, or all.')
    .argument('[id...]', 'as `failed list` shows them')
    .option('--job <job>', 'of this job alone')
    .action(async (ids: string[], _, command: Command) => {
      const { job, json } = command.optsWithGlobals<Filter>();
      const output = createOutput(json);
      await withFailed({ job, ids }, async (jobs) => {
        for (const one of jobs)
          await one.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true });
        output.line(`${jobs.length} put back.`);
        output.result({ retried: jobs.map(({ id }) => id) });
      });
    });
  failed
    .command('discard')
    .description('Removes failed jobs from their queues; the ledger of runs keeps what happened.')
    .argument('[id...]', 'as `failed list` shows them')
    .option('--job <job>', 'all of this job')
    .action(async (ids: string[], _, command: Command) => {
      const { job, json } = command.optsWithGlobals<Filter>();
      if (ids.length === 0 && !job) command.error('error: name the ids, or --job for all of a job');
      const output = createOutput(json);
      await withFailed({ job, ids }, async (jobs) => {
        for (const one of jobs) await one.remove();
        output.line(`${jobs.length} discarded.`);
        output.result({ discarded: jobs.map(({ id }) => id) });
      });
    });
  return failed;
}

/** @throws CommandFailed when one of the ids is no failed job. */
async function withFailed(
  { job: name, ids = [], limit }: { job?: string | undefined; ids?: string[]; limit?: number | undefined },
  work: (jobs: QueuedJob[]) => Promise<void>,
) {
  const { jobNamed, withHouse } = await import('../house.ts');
  const { CommandFailed } = await import('../command-errors.ts');
  const wanted = name && jobNamed(name);
  await withHouse(async ({ queues }) => {
    const lists = await Promise.all(queues.all.map((queue) => queue.getFailed(0, limit ? limit - 1 : -1)));
    const all = lists.flat().filter((job) => !wanted || job.name === wanted);
    const unknown = ids.filter((id) => !all.some((job) => job.id === id));
    if (unknown.length > 0) throw new CommandFailed(`no failed job is called ${unknown.join(', ')}`);
    await work(ids.length > 0 ? all.filter(({ id }) => ids.includes(id as string)) : all);
  });
}
