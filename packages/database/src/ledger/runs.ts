import { type Pool, type Queryable, transaction } from '../pool.ts';
import { type Lease, releaseLease, renewLease, takeLease } from './lease.ts';

interface RunKey {
  job: string;
  slot: Date;
}

/**
 * The ledger of runs: one row per (job, slot), whatever the queue does. `worker` names this process in it.
 * `leaseSeconds` without renewal, and another worker may take over. The queue package says what it needs of it in its own type `Ledger`.
 */
export function createLedger(pool: Pool, worker: string, { leaseSeconds = 15 } = {}) {
  return {
    /**
     * Takes the job's lease and writes its run down as running.
     * @returns `busy` while another instance of the job is alive or has batches under way, and `done` with the
     *   report when this work was finished before: by the same request, or by any when it comes from the timetable.
     */
    async begin({ job, slot, cause, request }: RunKey & { cause: string; request: string }) {
      return transaction(pool, async (tx) => {
        // Two requests that arrive together are judged one after the other.
        await tx.query(`select pg_advisory_xact_lock(hashtext('mycelium.run.' || $1))`, [job]);
        const { rows } = await tx.query<{
          slot: Date;
          status: string;
          report: unknown;
          request: string | null;
        }>(
          `select slot, status, report, request from runs
           where job = $1 and (slot = $2 or status = 'waiting')`,
          [job, slot],
        );
        const own = rows.find((run) => run.slot.getTime() === slot.getTime());
        const other = rows.find((run) => run !== own && run.status === 'waiting');
        const fromTimetable = cause === 'schedule' || cause === 'catch-up';
        if (own?.status === 'succeeded' && (fromTimetable || own.request === request))
          return { done: own.report };
        if (other) return { busy: `${job} of ${other.slot.toISOString()} has batches under way` };

        const lease = await takeLease(tx, job, worker, leaseSeconds);
        if (!lease) return { busy: `another instance of ${job} is running` };
        await tx.query(
          `insert into runs (job, slot, epoch, status, cause, request, worker, attempts, started_at, lateness)
           values ($1, $2, $3, 'running', $4, $5, $6, 1, now(), now() - $2)
           on conflict (job, slot) do update set
             epoch = excluded.epoch, status = 'running', worker = excluded.worker, error = null,
             cause = excluded.cause, request = excluded.request, finished_at = null,
             -- The same request waking up, or trying again, goes on; another one begins anew.
             attempts = case when runs.request = excluded.request
               then runs.attempts + (runs.status <> 'waiting')::int else 1 end,
             started_at = case when runs.request = excluded.request
               then coalesce(runs.started_at, now()) else now() end,
             lateness = case when runs.request = excluded.request
               then coalesce(runs.lateness, excluded.lateness) else excluded.lateness end`,
          [job, slot, lease.epoch, cause, request, worker],
        );
        return { lease };
      });
    },

    /** Takes the lease of work outside the timetable, such as a batch. */
    claim: (name: string) => takeLease(pool, name, worker, leaseSeconds),

    renew: (lease: Lease) => renewLease(pool, lease, leaseSeconds),

    /** Ends the lease, and the run with it; a run that another worker has taken over is left alone. */
    async end(
      lease: Lease,
      run: RunKey | undefined,
      outcome: { status: string; report?: unknown; error?: string },
    ) {
      await transaction(pool, async (tx) => {
        if (run) {
          await tx.query(
            `update runs set status = $4, report = $5, error = $6,
               finished_at = case when $4 in ('succeeded', 'failed') then now() end
             where job = $1 and slot = $2 and epoch = $3`,
            [
              run.job,
              run.slot,
              lease.epoch,
              outcome.status,
              JSON.stringify(outcome.report) ?? null,
              outcome.error ?? null,
            ],
          );
        }
        await releaseLease(tx, lease);
      });
    },

    /** Writes down a slot that is not run. A run that has begun is never overwritten. */
    account: ({ job, slot }: RunKey, status: 'missed' | 'coalesced' | 'paused') =>
      accountForSlot(pool, { job, slot }, status),
  };
}

export async function accountForSlot(
  db: Queryable,
  { job, slot }: RunKey,
  status: 'missed' | 'coalesced' | 'paused',
) {
  await db.query(
    `insert into runs (job, slot, status, cause, finished_at, lateness)
     values ($1, $2, $3, 'schedule', now(), now() - $2) on conflict (job, slot) do nothing`,
    [job, slot, status],
  );
}

/** Ends a run that nobody works for. */
export async function failRun(db: Queryable, { job, slot }: RunKey, error: string): Promise<void> {
  await db.query(
    `update runs set status = 'failed', error = $3, finished_at = now()
     where job = $1 and slot = $2 and status in ('running', 'waiting', 'retrying')`,
    [job, slot, error],
  );
}

export interface RunRow {
  job: string;
  slot: Date;
  status: string;
  cause: string;
  worker: string | null;
  attempts: number;
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Seconds between the slot and the start. */
  lateness: number | null;
  report: unknown;
  error: string | null;
}

const selectRun = `
  select job, slot, status, cause, worker, attempts, started_at as "startedAt", finished_at as "finishedAt",
         extract(epoch from lateness)::float8 as lateness, report, error
  from runs`;

/** The newest runs first, at most `limit`. */
export async function listRuns(
  db: Queryable,
  { job, status, since, limit = 50 }: { job?: string; status?: string; since?: Date; limit?: number },
): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `${selectRun}
     where ($1::text is null or job = $1) and ($2::text is null or status = $2)
       and ($3::timestamptz is null or slot >= $3)
     order by slot desc, id desc limit $4`,
    [job ?? null, status ?? null, since ?? null, limit],
  );
  return rows;
}

export async function findRun(db: Queryable, job: string, slot: Date): Promise<RunRow | undefined> {
  const { rows } = await db.query<RunRow>(`${selectRun} where job = $1 and slot = $2`, [job, slot]);
  return rows[0];
}

export interface SlotOutcomes {
  job: string;
  /** Begun, however they ended. */
  ran: number;
  coalesced: number;
  missed: number;
  paused: number;
}

/** What became of the slots after an instant, job by job; a job without any is not told. */
export async function slotOutcomes(db: Queryable, since: Date): Promise<SlotOutcomes[]> {
  const { rows } = await db.query<SlotOutcomes>(
    `select job, count(*) filter (where status not in ('coalesced', 'missed', 'paused')) as ran,
       count(*) filter (where status = 'coalesced') as coalesced,
       count(*) filter (where status = 'missed') as missed, count(*) filter (where status = 'paused') as paused
     from runs where slot > $1 group by job order by job`,
    [since],
  );
  return rows;
}

/** The slots among these that the ledger knows, with how they stand. */
export async function knownSlots(db: Queryable, job: string, slots: Date[]): Promise<Map<number, string>> {
  const { rows } = await db.query<{ slot: Date; status: string }>(
    'select slot, status from runs where job = $1 and slot = any($2)',
    [job, slots],
  );
  return new Map(rows.map(({ slot, status }) => [slot.getTime(), status]));
}

/** Runs that began, have not ended, and have no live worker: the queue should hold a job for each. */
export async function unattendedRuns(db: Queryable): Promise<{ job: string; slot: Date; request: string }[]> {
  const { rows } = await db.query<{ job: string; slot: Date; request: string }>(
    `select job, slot, coalesce(request, '') as request from runs
     where status in ('running', 'waiting', 'retrying')
       and not exists (select from lease where lease.name = runs.job and lease.epoch = runs.epoch and until > now())
     order by slot`,
  );
  return rows;
}
