import type { PoolClient, Queryable } from '../pool.ts';
import type { Lease } from './lease.ts';
import { type KnownRun, moves } from './run-state.ts';

export interface RunKey {
  job: string;
  slot: Date;
}

export interface RunRequest extends RunKey {
  cause: string;
  /** The queue's job as `id#timestamp`: the same one again is a redelivery. */
  request: string;
  /** Who requested it. */
  by?: string | undefined;
  /** When the work began, if that was before it could be recorded. */
  startedAt?: Date | undefined;
}

export interface RunOutcome {
  status: (typeof moves.end.to)[number];
  report?: unknown;
  error?: string;
}

/** How far a worker's clock may be ahead of the database's. */
const clockToleranceSeconds = 60;

/** The first statement of every move. Decisions use only what later statements read. */
export async function lockJob(tx: PoolClient, job: string): Promise<void> {
  await tx.query(`select pg_advisory_xact_lock(hashtext('mycelium.run.' || $1))`, [job]);
}

/** By the database's clock, the only one that all workers share. */
export async function isEarly(tx: Queryable, slot: Date): Promise<boolean> {
  const { rows } = await tx.query<{ early: boolean }>(
    'select $1::timestamptz > clock_timestamp() + make_interval(secs => $2) as early',
    [slot, clockToleranceSeconds],
  );
  return rows[0]?.early === true;
}

/** The run of the slot, and all runs of the job that may be alive. */
export async function runsThatMatter(tx: Queryable, { job, slot }: RunKey) {
  const { rows } = await tx.query<KnownRun & { report: unknown }>(
    `select slot, status, epoch, request, started_at as "startedAt", report,
            exists (select from lease where name = $1 and lease.epoch = runs.epoch and until > clock_timestamp()) as held
     from runs where job = $1 and (slot = $2 or status in ('running', 'waiting'))`,
    [job, slot],
  );
  return rows;
}

export async function recordBegin(
  tx: Queryable,
  { job, slot, cause, request, startedAt }: RunRequest,
  { epoch, worker, again }: { epoch: number; worker: string; again: boolean },
): Promise<{ runId: number; startedAt: Date }> {
  const { rows } = await tx.query<{ runId: number; startedAt: Date }>(
    `insert into runs (job, slot, epoch, status, cause, request, worker, attempts, started_at, lateness)
     values ($1, $2, $3, 'running', $4, $5, $6, 1, coalesce($8, now()), coalesce($8, now()) - $2)
     on conflict (job, slot) do update set
       epoch = excluded.epoch, status = 'running', worker = excluded.worker, error = null,
       cause = excluded.cause, request = excluded.request, finished_at = null, idle_since = null,
       -- When the same request wakes or retries, the run continues; another request starts it again.
       attempts = case when $7 then runs.attempts + (runs.status <> 'waiting')::int else 1 end,
       started_at = case when $7 then coalesce(runs.started_at, excluded.started_at) else excluded.started_at end,
       lateness = case when $7 then coalesce(runs.lateness, excluded.lateness) else excluded.lateness end
     returning id as "runId", coalesce($8, now()) as "startedAt"`,
    [job, slot, epoch, cause, request, worker, again, startedAt ?? null],
  );
  return rows[0] as { runId: number; startedAt: Date };
}

export async function recordEnd(
  tx: Queryable,
  { job, slot }: RunKey,
  { epoch }: Lease,
  { status, report, error }: RunOutcome,
): Promise<boolean> {
  const { rowCount } = await tx.query(
    `update runs set status = $4, report = $5, error = $6,
       finished_at = case when $4 in ('succeeded', 'failed') then now() end
     where job = $1 and slot = $2 and epoch = $3 and status = any($7)`,
    [job, slot, epoch, status, JSON.stringify(report) ?? null, error ?? null, moves.end.from],
  );
  return rowCount === 1;
}
