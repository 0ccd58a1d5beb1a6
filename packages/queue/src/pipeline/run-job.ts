import type { Job as BullJob } from 'bullmq';
import type { RunKey } from '../ledger.ts';
import { type Accepted, accept } from './accept.ts';
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
  // A worker that is paused while it waits for a job still gets that one.
  const down = worker.breaker.trouble();
  if (down) return requeue('dependency', down.reason);
  const accepted = accept(worker.handlers, job, token);
  if ('kind' in accepted) return accepted;

  const late = judgeLateness(accepted, worker.timeZone, worker.now());
  if (accepted.run && late) return skip(worker, accepted.run, late);

  const taken = await takeLease(worker.ledger, accepted, worker.now());
  if ('kind' in taken) return taken;

  const began = performance.now();
  announce(worker, accepted);
  const handled = await handle(worker, accepted, taken.lease);
  const verdict = await settle(worker, accepted, taken.lease, handled);
  logEnd(worker, accepted, verdict, (performance.now() - began) / 1_000);
  return verdict;
}

/** A run's id in its trace, in the log, and in Bull Board, where the timetable's jobs have ids of their own. */
function announce({ logger, onRun }: WorkerParts, { name, job, run, runId }: Accepted): void {
  if (!runId) return;
  onRun(runId);
  if (!run) return;
  logger.info(`run of ${name} begins`, { run: runId, attempt: job.attemptsMade + 1 });
  // Not awaited: while Redis is down, the run can go on.
  if (job.id !== runId) job.log(`run ${runId}`).catch(() => {});
}

const ends = { done: 'succeeded', asleep: 'waits for its batches', failed: 'failed', requeue: 'is requeued' };

function logEnd(
  { logger }: WorkerParts,
  { name, job, run, runId }: Accepted,
  verdict: Verdict,
  seconds: number,
) {
  if (!runId) return;
  const fields = { run: runId, seconds: Number(seconds.toFixed(2)) };
  if (!run) {
    const end = verdict.kind === 'done' ? 'done' : ends[verdict.kind];
    logger.info(`batch of ${name} ${end}`, { ...fields, batch: job.id });
  } else if (verdict.kind === 'failed') {
    const attempts = { attempt: job.attemptsMade + 1, attempts: job.opts.attempts ?? 1 };
    logger.error(`run of ${name} failed`, {
      ...fields,
      ...attempts,
      permanent: verdict.permanent,
      error: verdict.error.message,
    });
  } else logger.info(`run of ${name} ${ends[verdict.kind]}`, fields);
}

async function skip({ ledger }: WorkerParts, run: RunKey, late: 'missed' | 'coalesced'): Promise<Verdict> {
  await ledger.account(run, late);
  return { kind: 'done', report: undefined };
}
