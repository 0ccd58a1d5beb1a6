import { createHash } from 'node:crypto';
import { type Job as BullJob, WaitingChildrenError } from 'bullmq';
import type { Envelope } from '../envelope.ts';
import type { JobName, PayloadInput, Result } from '../jobs.ts';
import type { Queues } from '../queues.ts';

/**
 * Adds a run's batches. Each call of `add` passes the plan so far. `begun` is the plan of a worker that died while
 * planning, including the batches it had added.
 */
export type Planner<Name extends JobName, Plan extends object> = (
  add: (batches: PayloadInput<Name>[], soFar: Plan) => Promise<void>,
  begun: Plan | undefined,
) => Promise<Plan>;

interface Splitting {
  job: BullJob;
  token: string;
  envelope: Envelope;
  queues: Queues;
  runId: string | undefined;
}

/**
 * Implements `RunContext.fanOut` for the run of this job.
 * @throws WaitingChildrenError while batches are in progress
 */
export async function fanOut<Name extends JobName, Plan extends object>(
  { job, token, envelope, queues, runId }: Splitting,
  name: Name,
  plan: Planner<Name, Plan>,
): Promise<{ plan: Plan; results: Result<Name>[] }> {
  let planned = envelope.plan as Plan | undefined;
  if (!planned) {
    // Recorded before they are enqueued: a worker that resumes enqueues them again, and their ids prevent duplicates.
    const begun = envelope.planning as { soFar: Plan; batches: PayloadInput<Name>[] } | undefined;
    if (begun) await enqueue(begun.batches);
    planned = await plan(async (batches, soFar) => {
      await job.updateData({ ...job.data, planning: { soFar, batches } });
      await enqueue(batches);
    }, begun?.soFar);
    await job.updateData({ ...job.data, planning: undefined, plan: planned });
  }
  if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
  return { plan: planned, results: Object.values(await job.getChildrenValues()) };

  function enqueue(batches: PayloadInput<Name>[]) {
    const parent = { id: job.id as string, queue: job.queueQualifiedName };
    return queues.enqueueAll(
      name,
      batches.map((payload) => ({
        payload,
        asked: {
          cause: envelope.cause,
          parent,
          jobId: `${runId ?? parent.id}-${digest(payload)}`,
        },
      })),
    );
  }
}

/** A batch's id is derived from its content: the same batch is the same job, and a different one never is. */
function digest(batch: object): string {
  return createHash('sha256').update(JSON.stringify(batch)).digest('hex').slice(0, 24);
}
