import { requestOf } from '../envelope.ts';
import type { Lease, Ledger } from '../ledger.ts';
import type { Accepted } from './accept.ts';
import { requeue, type Verdict } from './verdict.ts';

/** The lease to work on the job, or else the verdict on the job. */
export async function takeLease(
  ledger: Ledger,
  { job, envelope: { cause, by }, run }: Accepted,
  now: Date,
): Promise<{ lease: Lease } | Verdict> {
  if (!run) {
    const lease = await ledger.claim(`${job.name}/${job.id}`);
    return lease ? { lease } : requeue('busy', 'another worker holds the lease');
  }
  const begun = await ledger.begin({ ...run, cause, request: requestOf(job), by });
  if ('done' in begun) return { kind: 'done', report: begun.done };
  if ('lease' in begun) return begun;
  const busy = requeue('busy', begun.busy);
  const early = begun.until ? begun.until.getTime() - now.getTime() : 0;
  return { ...busy, delay: Math.max(busy.delay, early) };
}
