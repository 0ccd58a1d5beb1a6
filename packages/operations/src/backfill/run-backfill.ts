import { audit, quarantinedKeys, releaseFromQuarantine as releaseRows } from '@mycelium/database';
import { dayBounds } from '@mycelium/farm';
import { checkedPayload, enqueueSlot, slotForDay, slotIsQueued } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import { enqueueOnce } from '../enqueue-once.ts';
import { basisOf, imageRequest } from '../jobs-by-purpose.ts';
import { knownRooms } from '../known-rooms.ts';
import type { Operations } from '../operations.ts';
import type { QueuedRun } from '../run-job.ts';
import type { BackfillStep } from './steps.ts';

interface RunOptions {
  /** The number of steps to queue and follow at once, 1 by default. */
  outstanding?: number;
  /** Waits for a queued step to end. Returns false to queue no further steps. */
  follow?: (run: QueuedRun, step: BackfillStep) => Promise<boolean>;
}

export interface BackfillRuns {
  /** In the order of the steps. */
  runs: QueuedRun[];
  /** Steps that were not queued, after an error or because `follow` ended the backfill. */
  notQueued: BackfillStep[];
  /** Why queueing or following failed. */
  error?: unknown;
  /** Images that stay in quarantine, since the run of their step was in the queue before and may not read them. */
  keptInQuarantine: number;
}

/**
 * Runs exactly the steps of a plan that was shown, without planning again. A step whose unfinished run is already in
 * the queue is not queued twice. After an error, no further steps are queued.
 * @throws Refusal when a step cannot be part of a plan, or the error if no step was queued
 */
export async function runBackfill(
  ops: Operations,
  steps: readonly BackfillStep[],
  { outstanding = 1, follow = async () => true }: RunOptions = {},
): Promise<BackfillRuns> {
  const result: BackfillRuns = { runs: [], notQueued: [], keptInQuarantine: 0 };
  if (steps.length === 0) return result;
  await checkSteps(ops, steps);
  await auditSteps(ops, steps);

  const left = [...steps.entries()];
  const queued = new Map<BackfillStep, QueuedRun>();
  const runNext = async () => {
    for (let next = left.shift(); next; next = left.shift()) {
      const [n, step] = next;
      const { run, kept } = await queueStep(ops, step, steps.length - n);
      queued.set(step, run);
      result.keptInQuarantine += kept;
      if (!(await follow(run, step))) left.length = 0;
    }
  };
  const stop = (error: unknown) => {
    left.length = 0;
    result.error ??= error;
  };
  await Promise.all(Array.from({ length: outstanding }, () => runNext().catch(stop)));
  if (queued.size === 0) throw result.error;
  result.runs = steps.flatMap((step) => queued.get(step) ?? []);
  result.notQueued = steps.filter((step) => !queued.has(step));
  return result;
}

async function auditSteps({ pool, actor }: Operations, steps: readonly BackfillStep[]): Promise<void> {
  const [first, last] = [steps[0] as BackfillStep, steps.at(-1) as BackfillStep];
  const subject = `${first.job} ${first.day} to ${last.day}`;
  await audit(pool, { actor, action: 'backfill', subject, detail: { runs: steps.length, steps } });
}

async function queueStep(
  ops: Operations,
  step: BackfillStep,
  n: number,
): Promise<{ run: QueuedRun; kept: number }> {
  const { pool, queues, clock, by } = ops;
  const { job, day, slot, rooms, quarantined } = step;
  let kept = quarantined;
  const prepare = async () => {
    kept = 0;
    if (quarantined > 0) await releaseRows(pool, await quarantinedKeys(pool, day, rooms));
  };
  if (slot) {
    if (!(await slotIsQueued(queues, job, slot))) await prepare();
    const asked = { by, now: clock() };
    const { id } = await enqueueSlot(queues, job, slot, 'backfill', checkedPayload(job, {}), asked);
    return { run: { job, slot, id: id as string }, kept };
  }
  // The ledger identifies a request by its time, so the steps of one backfill are milliseconds apart.
  const made = new Date(clock().getTime() - n);
  const asked = { slot: made, cause: 'backfill', by, prefix: `backfill-${day}`, prepare } as const;
  const queued = await enqueueOnce(queues, imageRequest, { day, rooms }, asked);
  return { run: { job, slot: new Date(queued.data.slot ?? made), id: queued.id as string }, kept };
}

async function checkSteps(ops: Operations, steps: readonly BackfillStep[]) {
  const { timeZone, clock } = ops;
  const now = clock();
  await knownRooms(
    ops,
    steps.flatMap(({ rooms }) => rooms),
  );
  for (const { job, day, slot, rooms } of steps) {
    if (dayBounds(day, timeZone).end > now) throw new Refusal('invalid', 'refused.day-not-over', { day });
    const fits = slot
      ? basisOf(job) && slot <= now && slotForDay(job, day, timeZone).getTime() === slot.getTime()
      : job === imageRequest && rooms.length > 0;
    if (!fits) throw new Refusal('conflict', 'refused.plan-changed');
  }
}
