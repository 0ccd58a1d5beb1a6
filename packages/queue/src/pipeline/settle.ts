import type { Lease, Outcome } from '../ledger.ts';
import type { Accepted } from './accept.ts';
import type { Handled } from './handle.ts';
import { failed, isFenced, type RequeueCause, requeue, type Verdict } from './verdict.ts';
import type { WorkerParts } from './worker-parts.ts';

/** Records how the run ended and releases its lease. */
export async function settle(
  worker: WorkerParts,
  { job, run }: Accepted,
  lease: Lease,
  handled: Handled,
): Promise<Verdict> {
  if (handled.kind === 'threw' && isFenced(handled.error)) return takenOver(worker, lease);
  const { verdict, outcome } =
    handled.kind === 'threw' ? await judgeFailure(worker, job, handled.error) : judgeSuccess(handled);
  const ended = worker.ledger.end(lease, run, outcome);
  // A requeued job comes back even if the ledger cannot record it.
  const tookEffect = await (verdict.kind === 'requeue' ? ended.catch(() => true) : ended);
  return tookEffect || verdict.kind === 'asleep' ? verdict : takenOver(worker, lease);
}

interface Judged {
  verdict: Verdict;
  outcome: Outcome;
}

function judgeSuccess(handled: Exclude<Handled, { kind: 'threw' }>): Judged {
  return handled.kind === 'asleep'
    ? { verdict: { kind: 'asleep' }, outcome: { status: 'waiting' } }
    : {
        verdict: { kind: 'done', report: handled.report },
        outcome: { status: 'succeeded', report: handled.report },
      };
}

/** A shutdown or an unreachable dependency is not the job's fault, so it is requeued and loses no attempt. */
async function judgeFailure(
  { ending, breaker }: WorkerParts,
  job: Accepted['job'],
  error: unknown,
): Promise<Judged> {
  const again = (cause: RequeueCause, reason: string): Judged => ({
    verdict: requeue(cause, reason),
    outcome: { status: 'retrying', error: reason },
  });
  if (ending.aborted) return again('shutdown', 'the worker shut down');
  const down = await breaker.check();
  if (down) return again('dependency', down.reason);
  const verdict = failed(error);
  const last = verdict.permanent || job.attemptsMade + 1 >= (job.opts.attempts ?? 1);
  return { verdict, outcome: { status: last ? 'failed' : 'retrying', error: verdict.error.message } };
}

function takenOver({ logger, onFenced }: WorkerParts, lease: Lease): Verdict {
  logger.warn('a write was refused: another worker has taken over', { run: lease.name });
  onFenced();
  return requeue('busy', 'another worker has taken over');
}
