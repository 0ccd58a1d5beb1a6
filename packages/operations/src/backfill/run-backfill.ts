import { audit, quarantinedKeys, releaseFromQuarantine as releaseRows } from '@mycelium/database';
import { dayBounds } from '@mycelium/farm';
import { checkedPayload, enqueueSlot, slotForDay } from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import { enqueueOnce } from '../enqueue-once.ts';
import { basisOf, imageRequest } from '../jobs-by-purpose.ts';
import { knownRooms } from '../known-rooms.ts';
import type { Operations } from '../operations.ts';
import type { QueuedRun } from '../run-job.ts';
import type { BackfillStep } from './steps.ts';

interface RunOptions {
  /** The number of steps to queue and follow at once; all at once if undefined. */
  outstanding?: number;
  /** Waits for a queued step to end. Returns false to queue no further steps. */
  follow?: (run: QueuedRun, step: BackfillStep) => Promise<boolean>;
}

/**
 * Runs exactly the steps of a plan that was shown, without planning again. A step whose unfinished run is already in
 * the queue is not queued twice.
 * @returns the queued runs, in the order of the steps
 * @throws Refusal when a step cannot be part of a plan
 */
export async function runBackfill(
  ops: Operations,
  steps: readonly BackfillStep[],
  { outstanding = 1, follow }: RunOptions = {},
): Promise<QueuedRun[]> {
  if (steps.length === 0) return [];
  await checkSteps(ops, steps);
  const [first, last] = [steps[0] as BackfillStep, steps.at(-1) as BackfillStep];
  const subject = `${first.job} ${first.day} to ${last.day}`;
  await audit(ops.pool, {
    actor: ops.actor,
    action: 'backfill',
    subject,
    detail: { runs: steps.length, steps },
  });

  const runs: QueuedRun[] = [];
  const left = [...steps.entries()];
  let abandoned = false;
  const runNext = async () => {
    for (let next = left.shift(); next && !abandoned; next = left.shift()) {
      const [n, step] = next;
      const run = await queueStep(ops, step, steps.length - n);
      runs[n] = run;
      if (follow && !(await follow(run, step))) abandoned = true;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, runNext));
  return runs.filter(Boolean);
}

async function queueStep(ops: Operations, step: BackfillStep, n: number): Promise<QueuedRun> {
  const { pool, queues, clock, by } = ops;
  const { job, day, slot, rooms, quarantined } = step;
  if (quarantined > 0) await releaseRows(pool, await quarantinedKeys(pool, day, rooms));
  if (slot) {
    const asked = { by, now: clock() };
    const { id } = await enqueueSlot(queues, job, slot, 'backfill', checkedPayload(job, {}), asked);
    return { job, slot, id: id as string };
  }
  // The ledger identifies a request by its time, so the steps of one backfill are milliseconds apart.
  const made = new Date(clock().getTime() - n);
  const asked = { slot: made, cause: 'backfill', by, prefix: `backfill-${day}` } as const;
  const queued = await enqueueOnce(queues, imageRequest, { day, rooms }, asked);
  return { job, slot: new Date(queued.data.slot ?? made), id: queued.id as string };
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
