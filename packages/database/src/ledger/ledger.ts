import { type Pool, transaction } from '../pool.ts';
import { resumeAttempt, startAttempt } from './attempts.ts';
import { type Lease, releaseLease, renewLease, takeLease } from './lease.ts';
import { type Requeue, recordRequeue } from './requeued.ts';
import {
  isEarly,
  lockJob,
  type RunKey,
  type RunOutcome,
  type RunRequest,
  recordBegin,
  recordEnd,
  runsThatMatter,
} from './run-rows.ts';
import { judgeBegin, type KnownRun, moves } from './run-state.ts';

export type Begun =
  | { lease: Lease }
  /** Another run of the job is alive, or the slot is in the future: then try again at `until`. */
  | { busy: string; until?: Date }
  | { done: unknown };

/**
 * The ledger of runs: one row per (job, slot), whatever the queue does. `worker` is the name of this process. A lease
 * that is not renewed for `leaseSeconds` can be taken over. The queue package declares what it needs as `Ledger`.
 */
export function createLedger(pool: Pool, worker: string, { leaseSeconds = 15 } = {}) {
  return {
    /**
     * Takes the job's lease and records its run as running.
     * @returns `busy` while another run of the job is alive, and `done` with the report when this work is already
     *   finished: by the same request, or by any request if the slot comes from the timetable
     */
    begin: (request: RunRequest): Promise<Begun> =>
      transaction(pool, async (tx) => {
        await lockJob(tx, request.job);
        if (await isEarly(tx, request.slot)) {
          return { busy: `${named(request)} has not come yet`, until: request.slot };
        }
        const runs = await runsThatMatter(tx, request);
        const own = runs.find(({ slot }) => slot.getTime() === request.slot.getTime());
        const judged = judgeBegin(request, runs);
        if (judged.verdict === 'done') return { done: own?.report };
        if (judged.verdict === 'busy') return { busy: whyBusy(request, judged.blocker) };
        const lease = await takeLease(tx, request.job, worker, leaseSeconds);
        if (!lease) return { busy: `another run of ${request.job} is alive` };

        const again = judged.verdict === 'resume' || judged.again;
        const started = await recordBegin(tx, request, { epoch: lease.epoch, worker, again });
        const attempt = { ...request, ...started, epoch: lease.epoch, worker, by: request.by };
        if (judged.verdict === 'resume') await resumeAttempt(tx, attempt);
        else await startAttempt(tx, attempt);
        return { lease };
      }),

    /** Takes the lease for work outside the timetable, such as a batch. */
    claim: (name: string) => takeLease(pool, name, worker, leaseSeconds),

    renew: (lease: Lease) => renewLease(pool, lease, leaseSeconds),

    /**
     * Ends the lease, and the run with it.
     * @returns false when another worker has taken over; nothing is changed then
     */
    async end(lease: Lease, run: RunKey | undefined, outcome: RunOutcome): Promise<boolean> {
      if (!run) return releaseLease(pool, lease);
      return transaction(pool, async (tx) => {
        await lockJob(tx, run.job);
        // Checking the run's own row is not enough: a worker that took over for another slot does not change it.
        if (!(await releaseLease(tx, lease))) return false;
        return recordEnd(tx, run, lease, outcome);
      });
    },

    /** Records a slot that will not be run. Never overwrites a run that has begun. */
    account: (run: RunKey, status: 'missed' | 'coalesced' | 'paused') => accountForSlot(pool, run, status),

    /** Records that a job was requeued because it could not be taken. */
    requeued: (requeue: Requeue) => recordRequeue(pool, requeue),
  };
}

export async function accountForSlot(
  pool: Pool,
  { job, slot }: RunKey,
  status: (typeof moves.account.to)[number],
): Promise<void> {
  await transaction(pool, async (tx) => {
    await lockJob(tx, job);
    await tx.query(
      `insert into runs (job, slot, status, cause, finished_at, lateness)
       values ($1, $2, $3, 'schedule', now(), now() - $2) on conflict (job, slot) do nothing`,
      [job, slot, status],
    );
  });
}

/**
 * Fails a run that no live worker holds, and fences its former worker.
 * @returns false when it has already ended or a worker holds it
 */
export async function failRun(pool: Pool, { job, slot }: RunKey, error: string): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await lockJob(tx, job);
    const { rowCount } = await tx.query(
      `with ended as (
         update runs set status = 'failed', error = $3, finished_at = now(), idle_since = null
         where job = $1 and slot = $2 and status = any($4) and not exists (
           select from lease where name = job and lease.epoch = runs.epoch and until > clock_timestamp())
         returning epoch),
       fenced as (delete from lease using ended where name = $1 and lease.epoch = ended.epoch)
       select from ended`,
      [job, slot, error, moves.giveUp.from],
    );
    return rowCount === 1;
  });
}

function whyBusy({ job, slot }: RunKey, blocker: KnownRun): string {
  const which = blocker.slot.getTime() === slot.getTime() ? 'this run' : named({ job, slot: blocker.slot });
  return blocker.held ? `${which} is running in another worker` : `${which} waits for its batches`;
}

const named = ({ job, slot }: RunKey) => `${job} of ${slot.toISOString()}`;
