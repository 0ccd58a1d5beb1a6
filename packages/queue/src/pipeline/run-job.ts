import type { Job as BullJob } from 'bullmq';
import type { RunKey } from '../ledger.ts';
import { accept } from './accept.ts';
import { handle } from './handle.ts';
import { judgeLateness } from './judge-lateness.ts';
import { settle } from './settle.ts';
import { takeLease } from './take-lease.ts';
import { failed, requeue, type Verdict } from './verdict.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Runs a job that BullMQ hands to this worker and returns its verdict. Never throws. */
export async function runJob(worker: WorkerParts, job: BullJob, token: string): Promise<Verdict> {
  try {
    return await live(worker, job, token);
  } catch (error) {
    // `settle` handles the handler's own failures, so this error comes from the ledger.
    const down = await worker.breaker.check();
    return down ? requeue('dependency', down.reason) : failed(error);
  }
}

/** The whole life of a job. Any step may end it with a verdict. */
async function live(worker: WorkerParts, job: BullJob, token: string): Promise<Verdict> {
  const accepted = accept(worker.handlers, job, token);
  if ('kind' in accepted) return accepted;

  const late = judgeLateness(accepted, worker.timeZone, worker.now());
  if (accepted.run && late) return skip(worker, accepted.run, late);

  const taken = await takeLease(worker.ledger, accepted, worker.now());
  if ('kind' in taken) return taken;

  const handled = await handle(worker, accepted, taken.lease);
  return settle(worker, accepted, taken.lease, handled);
}

async function skip({ ledger }: WorkerParts, run: RunKey, late: 'missed' | 'coalesced'): Promise<Verdict> {
  await ledger.account(run, late);
  return { kind: 'done', report: undefined };
}
