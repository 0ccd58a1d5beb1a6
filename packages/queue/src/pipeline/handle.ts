import { addDays, dayOf } from '@mycelium/farm';
import { WaitingChildrenError } from 'bullmq';
import type { RunContext } from '../contract.ts';
import type { Lease } from '../ledger.ts';
import type { Accepted } from './accept.ts';
import { fanOut } from './fan-out.ts';
import type { WorkerParts } from './worker-parts.ts';

/** How the handler's call ended. */
export type Handled =
  | { kind: 'returned'; report: unknown }
  /** It added batches and is called again from the top when they are done. */
  | { kind: 'asleep' }
  | { kind: 'threw'; error: unknown };

/** Calls the handler and renews the lease meanwhile. */
export async function handle(worker: WorkerParts, accepted: Accepted, lease: Lease): Promise<Handled> {
  const holding = holdLease(worker, lease, accepted.entry.timeout);
  try {
    const context = contextOf(worker, accepted, lease, holding.signal);
    const result = await accepted.handle(accepted.payload, context);
    return { kind: 'returned', report: accepted.entry.result.parse(result) };
  } catch (error) {
    return error instanceof WaitingChildrenError ? { kind: 'asleep' } : { kind: 'threw', error };
  } finally {
    holding.release();
  }
}

function contextOf(
  { context, queues, timeZone }: WorkerParts,
  { name, job, token, envelope, run, runId }: Accepted,
  lease: Lease,
  signal: AbortSignal,
): RunContext {
  const slot = run?.slot ?? new Date(job.timestamp);
  const day = addDays(dayOf(slot, timeZone), -1);
  const own: RunContext = {
    run: { job: name, slot, day, timeZone, cause: envelope.cause, lease },
    signal,
    deaths: job.stalledCounter,
    progress: (done, total) => job.updateProgress({ done, total }),
    fanOut: (batchName, plan) => fanOut({ job, token, envelope, queues, runId }, batchName, plan),
  };
  return { ...withRunInLog(context, runId), ...own };
}

/** Every line that the handler logs has the id of its run. */
function withRunInLog(context: object & { logger?: Partial<ChildLog> }, run: string | undefined): object {
  const { logger } = context;
  return run && logger?.child ? { ...context, logger: logger.child({ run }) } : context;
}

interface ChildLog {
  child(fields: object): unknown;
}

/** Renews the lease while the handler works. The signal stops the handler. */
function holdLease({ ledger, ending, renewEveryMillis }: WorkerParts, lease: Lease, timeout: number) {
  const lost = new AbortController();
  const timer = setInterval(async () => {
    // While the database is down, the commit checks the lease.
    const held = await ledger.renew(lease).catch(() => true);
    if (!held) lost.abort(new Error(`another worker took over ${lease.name}`));
  }, renewEveryMillis);
  const signal = AbortSignal.any([lost.signal, ending, AbortSignal.timeout(timeout)]);
  return { signal, release: () => clearInterval(timer) };
}
