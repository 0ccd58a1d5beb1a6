import type { Only } from '@mycelium/farm';
import {
  type BackfillPlan,
  type BackfillRuns,
  type BackfillStep,
  backfillJobs,
  knownJob,
  lastDueDay,
  type Operations,
  planBackfill,
  type QueuedRun,
  runBackfill,
} from '@mycelium/operations';
import { backfillJob } from '@mycelium/queue';
import { wrongUsage } from './command-errors.ts';
import { type Connections, withConnections } from './connections.ts';
import { describeError } from './describe-error.ts';
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

const mostExamples = 5;

/** Runs a job for every day that needs it. Running it again finds nothing to do. */
export async function backfill(name: string, options: BackfillOptions, output: Output): Promise<void> {
  const job = knownJob(name, backfillJobs);
  const progress: Progress = { steps: undefined, queued: 0, ended: 0 };
  const signal = interruption(() => interrupted(progress));
  const work = withConnections(async (connections) => {
    const ops = operationsOf(connections);
    const { from, to, room: rooms, only, dryRun } = options;
    const lastDue = lastDueDay(ops, job);
    if (to > lastDue) throw wrongUsage(`--to ${to} is not due yet. The last day that is due is ${lastDue}.`);

    const plan = await planBackfill(ops, { job, from, to, rooms, only }, signal);
    signal.throwIfAborted();
    const { steps, ...found } = plan;
    printSteps(steps, output);
    if (plan.model) output.line(`Model: ${plan.model}`);
    if (job === backfillJob('images')) warnOfImages(plan, ops, output);
    output.line(steps.length === 0 ? 'Nothing to do.' : `${count(steps.length, 'run')} planned.`);
    if (dryRun || steps.length === 0) return output.result({ job, plan: steps, ...found, runs: [] });
    progress.steps = steps.length;
    const done = await runAndFollow(connections, { ops, steps, progress, signal }, output);
    await printRuns(done, steps.length, output);
    const { runs, notQueued, keptInQuarantine } = done;
    output.result({ job, plan: steps, ...found, runs, notQueued, keptInQuarantine });
  });
  await unlessInterrupted(signal, work);
}

interface Progress {
  /** Undefined until there is a plan. */
  steps: number | undefined;
  queued: number;
  ended: number;
}

function interrupted({ steps, queued, ended }: Progress): string {
  if (steps === undefined) return 'Interrupted before the plan was ready. Nothing was queued.';
  return (
    `Interrupted. ${count(queued - ended, 'queued run')} will continue without this command; ` +
    `${count(steps - queued, 'run')} not queued yet. ` +
    'Run the same command again to resume: days that are done are skipped.'
  );
}

function printSteps(steps: BackfillStep[], output: Output) {
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
}

function warnOfImages(
  { lookedAt, unreadable, examples, gone, emptyDays }: BackfillPlan,
  { store }: Operations,
  output: Output,
) {
  if (!lookedAt) {
    const why = store ? `${store.describe()} does not answer` : 'no image store is set here';
    output.warn(
      `The images were not listed: ${why}. The plan has only images that the database knows, and nights without a ` +
        'successful run.',
    );
  }
  if (unreadable > 0) {
    output.warn(
      `The store has ${count(unreadable, 'object')} on these days whose keys are not image keys. They are skipped:`,
    );
    for (const { detail } of examples.slice(0, mostExamples)) output.warn(`  ${detail}`);
    if (unreadable > mostExamples) output.warn(`  and ${unreadable - mostExamples} more`);
  }
  if (gone > 0) {
    output.warn(
      `${count(gone, 'image')} of these days can get no vector: missing from the store, and quarantined.`,
    );
  }
  if (emptyDays.length > 0) {
    const more = emptyDays.length > 1 ? ` and ${count(emptyDays.length - 1, 'more day')}` : '';
    output.warn(
      `The store lists no image of ${emptyDays[0]}${more}, but the database has images of then without a vector. ` +
        'They stay as they are. Check that this is the right bucket or folder.',
    );
  }
}

async function runAndFollow(
  connections: Connections,
  {
    ops,
    steps,
    progress,
    signal,
  }: { ops: Operations; steps: BackfillStep[]; progress: Progress; signal: AbortSignal },
  output: Output,
): Promise<FollowedRuns> {
  const bar = output.bar('backfill');
  const runs: Followed[] = [];
  let abandoned = false;
  const follow = async (run: QueuedRun, step: BackfillStep) => {
    progress.queued++;
    const followed = await followRun(connections, run, silentBar, signal);
    runs.push(followed);
    progress.ended++;
    // Without a worker, further runs would only pile up.
    abandoned ||= followed.status === 'waiting';
    bar.update(runs.length, steps.length, step.day);
    return !abandoned;
  };
  const result = await runBackfill(ops, steps, { outstanding, follow });
  if (result.error) signal.throwIfAborted();
  bar.end(abandoned ? 'stopped: no worker is running' : result.error ? 'stopped' : 'done');
  return { ...result, runs: runs.sort((a, b) => a.slot.getTime() - b.slot.getTime()) };
}

type FollowedRuns = Omit<BackfillRuns, 'runs'> & { runs: Followed[] };

async function printRuns(
  { runs, notQueued, keptInQuarantine, error }: FollowedRuns,
  planned: number,
  output: Output,
): Promise<void> {
  for (const run of runs) {
    if ('error' in run) output.warn(`${run.slot.toISOString()}: ${run.error}`);
  }
  const [succeeded, failed] = (['succeeded', 'failed'] as const).map(
    (status) => runs.filter((run) => run.status === status).length,
  ) as [number, number];
  const queued = planned - notQueued.length - succeeded - failed;
  output.line(
    `${succeeded} succeeded, ${failed} failed, ${queued} still queued, ${notQueued.length} not queued.`,
  );
  if (error) {
    output.warn(`Stopped early: ${await describeError(error)}. Run the same command again to resume.`);
  }
  if (keptInQuarantine > 0) {
    const kept = count(keptInQuarantine, 'image');
    output.warn(`${kept} still quarantined: the run of their day was in the queue before this command.`);
  }
  if (error || succeeded < planned) process.exitCode = 1;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
