import type { Queryable } from '../pool.ts';

/**
 * One attempt at a run. A run that sleeps and wakes is still in the same attempt. The trigger `runs_end_attempt` ends it
 * with the run.
 */
export interface Attempt {
  /** 1, 2, 3 … over all requests for the slot. */
  attempt: number;
  request: string | null;
  cause: string;
  /** Who requested it; null when unknown. */
  by: string | null;
  worker: string | null;
  startedAt: Date;
  endedAt: Date | null;
  /** Null while in progress; `lost` when its worker disappeared or another attempt replaced it. */
  outcome: 'succeeded' | 'failed' | 'retrying' | 'lost' | null;
  error: string | null;
}

/** Every attempt at a run, oldest first. */
export async function listAttempts(db: Queryable, runId: number): Promise<Attempt[]> {
  const { rows } = await db.query<Attempt>(
    `select attempt, request, cause, asked_by as by, worker, started_at as "startedAt", ended_at as "endedAt",
            outcome, error
     from run_attempt where run_id = $1 order by attempt`,
    [runId],
  );
  return rows;
}

interface Started {
  runId: number;
  epoch: number;
  worker: string;
  request: string;
  cause: string;
  by: string | undefined;
  startedAt: Date;
}

/** Resumes the sleeping attempt under a new lease, perhaps in another worker. */
export async function resumeAttempt(tx: Queryable, { runId, epoch, worker }: Started): Promise<void> {
  await tx.query('update run_attempt set epoch = $2, worker = $3 where run_id = $1 and outcome is null', [
    runId,
    epoch,
    worker,
  ]);
}

/** Adds an attempt. An earlier one that never reported its end is marked as lost. */
export async function startAttempt(tx: Queryable, attempt: Started): Promise<void> {
  const { runId, epoch, worker, request, cause, by, startedAt } = attempt;
  await tx.query(
    `with lost as (
       update run_attempt set outcome = 'lost', ended_at = clock_timestamp(),
         error = 'it did not report its end; the next attempt replaced it'
       where run_id = $1 and outcome is null)
     insert into run_attempt (run_id, attempt, request, cause, asked_by, epoch, worker, started_at)
     select $1, 1 + coalesce(max(attempt), 0), $2, $3, $4, $5, $6, $7 from run_attempt where run_id = $1`,
    [runId, request, cause, by ?? null, epoch, worker, startedAt],
  );
}
