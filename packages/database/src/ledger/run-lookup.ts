import type { Queryable } from '../pool.ts';

/** What `retryRun` needs to know about a run. */
export interface RunRequest {
  job: string;
  slot: Date;
  status: string;
  /** The queue's job as `id#timestamp`; null for a slot that was not run. */
  request: string | null;
}

export async function findRunRequest(db: Queryable, id: number): Promise<RunRequest | undefined> {
  const { rows } = await db.query<RunRequest>('select job, slot, status, request from runs where id = $1', [
    id,
  ]);
  return rows[0];
}

/** The runs of these slots, by the slot in milliseconds; slots without a run are absent. */
export async function knownRuns(
  db: Queryable,
  job: string,
  slots: Date[],
): Promise<Map<number, { status: string; startedAt: Date | null }>> {
  const { rows } = await db.query<{ slot: Date; status: string; startedAt: Date | null }>(
    'select slot, status, started_at as "startedAt" from runs where job = $1 and slot = any($2)',
    [job, slots],
  );
  return new Map(rows.map(({ slot, ...run }) => [slot.getTime(), run]));
}
