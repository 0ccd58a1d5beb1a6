import { createHash } from 'node:crypto';
import { type Job as BullJob, WaitingChildrenError } from 'bullmq';
import type { z } from 'zod';
import type { Envelope } from './envelope.ts';
import type { JobName, Jobs, Result } from './jobs.ts';
import type { Queues } from './queues.ts';

/**
 * Adds a run's batches. `add` is told with each call what the plan is so far; `begun` is that of a worker which died
 * while planning, its batches included.
 */
export type Planner<Name extends JobName, Plan extends object> = (
  add: (batches: z.input<Jobs[Name]['payload']>[], soFar: Plan) => Promise<void>,
  begun: Plan | undefined,
) => Promise<Plan>;

/** What `RunContext.fanOut` says, for the run of this job. @throws WaitingChildrenError while batches are under way */
export async function fanOut<Name extends JobName, Plan extends object>(
  { job, token, carried, queues }: { job: BullJob; token: string; carried: Envelope; queues: Queues },
  name: Name,
  plan: Planner<Name, Plan>,
): Promise<{ plan: Plan; results: Result<Name>[] }> {
  let planned = carried.plan as Plan | undefined;
  if (!planned) {
    // First written down, then put into Redis: whoever goes on puts the same ones there again, and they are there once.
    const begun = carried.planning as { soFar: Plan; batches: z.input<Jobs[Name]['payload']>[] } | undefined;
    if (begun) await put(begun.batches);
    planned = await plan(async (batches, soFar) => {
      await job.updateData({ ...job.data, planning: { soFar, batches } });
      await put(batches);
    }, begun?.soFar);
    await job.updateData({ ...job.data, planning: undefined, plan: planned });
  }
  if (await job.moveToWaitingChildren(token)) throw new WaitingChildrenError();
  return { plan: planned, results: Object.values(await job.getChildrenValues()) };

  function put(batches: z.input<Jobs[Name]['payload']>[]) {
    const parent = { id: job.id as string, queue: job.queueQualifiedName };
    return queues.enqueueAll(
      name,
      batches.map((payload) => ({
        payload,
        asked: {
          cause: carried.cause,
          parent,
          jobId: `${parent.id.replaceAll(':', '-')}-${digest(payload)}`,
        },
      })),
    );
  }
}

/** A batch is named after what is in it: the same one again is the same job, and another one never is. */
function digest(batch: object): string {
  return createHash('sha256').update(JSON.stringify(batch)).digest('hex').slice(0, 24);
}
