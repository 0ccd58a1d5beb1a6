import {
  type BackfillPlan,
  type BackfillStep,
  backfillJobs,
  lastDueDay,
  type Only,
  type Operations,
  planBackfill,
  type QueuedRun,
  runBackfill,
} from '@mycelium/operations';
import { wrongUsage } from './command-errors.ts';
import { type Connections, jobNamed, withConnections } from './connections.ts';
import { type Followed, followRun } from './follow-run.ts';
import { interruption, unlessInterrupted } from './interruption.ts';
import { operationsOf } from './operations.ts';
import type { Output, OutputOptions } from './output.ts';
import { silentBar } from './progress-bar.ts';

export interface BackfillOptions extends OutputOptions {
  from: string;
  to: string;
  room?: string[];
  only?: Only;
  dryRun?: boolean;
}

/** A few runs at a time, so that the queue stays free for scheduled ones. */
const outstanding = 4;

/** Runs a job for every day that needs it. Running it again finds nothing to do. */
export async function backfill(name: string, options: BackfillOptions, output: Output): Promise<void> {
  const job = jobNamed(name, backfillJobs);
  await withConnections(async (connections) => {
    const ops = operationsOf(connections);
    const { from, to, room: rooms, only, dryRun } = options;
    const lastDue = lastDueDay(ops, job);
    if (to > lastDue) throw wrongUsage(`--to ${to} is not due yet. The last day that is due is ${lastDue}.`);

    const plan = await planBackfill(ops, { job, from, to, rooms, only });
    printPlan(plan, ops, output);
    if (dryRun || plan.steps.length === 0)
      return output.result({ job, model: plan.model, plan: plan.steps, runs: [] });
    const runs = await runAndFollow(connections, ops, plan.steps, output);
    const failed = runs.filter(({ status }) => status !== 'succeeded');
    for (const run of failed) output.warn(`${run.slot.toISOString()}: ${'error' in run && run.error}`);
    output.line(`${runs.length - failed.length} done, ${failed.length} failed.`);
    output.result({ job, model: plan.model, plan: plan.steps, runs });
    if (failed.length > 0) process.exitCode = 1;
  });
}

function printPlan(
  { steps, lookedAt, unreadable, model }: BackfillPlan,
  { store }: Operations,
  output: Output,
) {
  output.table(
    ['day', 'slot', 'why', 'rooms', 'images'],
    steps.map(({ day, slot, reason, rooms, images }) => [
      day,
      slot?.toISOString(),
      reason,
      rooms.join(' ') || 'all',
      images || undefined,
    ]),
    ['images'],
  );
  if (model) output.line(`Model: ${model}`);
  if (!store && !lookedAt && steps.some(({ images }) => images > 0)) {
    output.warn('No image store is set here: only images that the database knows are considered.');
  }
  if (unreadable > 0) {
    output.warn(
      `The store has ${count(unreadable, 'object')} on these days whose keys are not image keys. They are skipped.`,
    );
  }
  output.line(steps.length === 0 ? 'Nothing to do.' : `${count(steps.length, 'run')} planned.`);
}

async function runAndFollow(
  connections: Connections,
  ops: Operations,
  steps: BackfillStep[],
  output: Output,
): Promise<Followed[]> {
  const bar = output.bar('backfill');
  const runs: Followed[] = [];
  let queued = 0;
  const signal = interruption(() => {
    const [running, left] = [queued - runs.length, steps.length - queued];
    return (
      `Interrupted. ${count(running, 'queued run')} will continue without this command; ${count(left, 'run')} not queued yet. ` +
      'Run the same command again to resume: days that are done are skipped.'
    );
  });
  let abandoned = false;
  const follow = async (run: QueuedRun, step: BackfillStep) => {
    queued++;
    const followed = await followRun(connections, run, silentBar, signal);
    runs.push(followed);
    // Without a worker, further runs would only pile up.
    abandoned ||= followed.status === 'waiting';
    bar.update(runs.length, steps.length, step.day);
    return !abandoned;
  };
  await unlessInterrupted(signal, runBackfill(ops, steps, { outstanding, follow }));
  bar.end(abandoned ? 'stopped: no worker is running' : 'done');
  return runs.sort((a, b) => a.slot.getTime() - b.slot.getTime());
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
