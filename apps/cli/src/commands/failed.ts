import { Command } from 'commander';
import { count } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface Filter extends OutputOptions {
  job?: string;
  limit: number;
}

export function failedCommand(): Command {
  const failed = new Command('failed')
    .summary('list, retry or discard jobs that failed permanently')
    .description(
      'Lists, retries or discards jobs that have used all their attempts. Bull Board shows the same ones.',
    );
  failed
    .command('list', { isDefault: true })
    .description('Lists the failed jobs of all queues, newest first.')
    .option('--job <job>', 'only this job')
    .option('--limit <n>', 'at most this many', count, 50)
    .action(async (_, command: Command) => list(command.optsWithGlobals<Filter>()));
  failed
    .command('retry')
    .description('Requeues failed jobs with all their attempts: the ones named, or all of them.')
    .argument('[id...]', 'ids as `failed list` shows them')
    .option('--job <job>', 'only this job')
    .action(async (ids: string[], _, command: Command) => {
      await change('retried', ids, command.optsWithGlobals<Filter>());
    });
  failed
    .command('discard')
    .description('Removes failed jobs from their queues. The ledger keeps their runs.')
    .argument('[id...]', 'ids as `failed list` shows them')
    .option('--job <job>', 'all failed jobs of this kind')
    .action(async (ids: string[], _, command: Command) => {
      const options = command.optsWithGlobals<Filter>();
      if (ids.length === 0 && !options.job)
        command.error('error: expected the ids, or --job to discard all of a job');
      await change('discarded', ids, options);
    });
  return failed;
}

async function list({ job: name, limit, ...options }: Filter) {
  const output = createOutput(options);
  const { knownJob, listFailed } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const job = name && knownJob(name);
  await withConnections(async (connections) => {
    const { jobs, total } = await listFailed(connections, { job, limit });
    output.table(
      ['id', 'job', 'attempts', 'failed at', 'reason'],
      jobs.map(({ id, job, attempts, failedAt, reason }) => [
        id,
        job,
        attempts,
        failedAt?.toISOString(),
        reason.split('\n')[0],
      ]),
      ['attempts', 'failed at'],
    );
    if (total > jobs.length) {
      output.warn(`Showing ${jobs.length} of ${total} failed jobs. --limit ${total} shows all.`);
    }
    output.result(jobs);
  });
}

async function change(how: 'retried' | 'discarded', ids: string[], { job: name, ...options }: Filter) {
  const output = createOutput(options);
  const { discardFailed, knownJob, retryFailed } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { operationsOf } = await import('../operations.ts');
  const job = name && knownJob(name);
  const operation = how === 'retried' ? retryFailed : discardFailed;
  await withConnections(async (connections) => {
    const choice = { job, ...(ids.length > 0 && { ids }) };
    const { changed, unknown } = await operation(operationsOf(connections), choice);
    output.line(`${changed.length} ${how}.`);
    for (const id of unknown) output.warn(`${id} is not a failed job.`);
    output.result({ [how]: changed, ...(unknown.length > 0 && { unknown }) });
    if (unknown.length > 0) process.exitCode = 1;
  });
}
