import type { RunRow as LedgerRun, Queryable } from '@mycelium/database';

export interface RunRow extends Omit<LedgerRun, 'tries'> {
  id: number;
  /** The id of its job in the queue. */
  request: string | null;
}

const columns = `
  id, job, slot, status, cause, worker, attempts, started_at as "startedAt", finished_at as "finishedAt",
  extract(epoch from lateness)::float8 as lateness, report, error, request`;

export interface RunFilter {
  job?: string | undefined;
  status?: string | undefined;
}

/** Newest slot first, starting after the last run of the previous page. */
export async function runPage(
  db: Queryable,
  { job, status }: RunFilter,
  { after, limit }: { after?: { slot: Date; id: number } | undefined; limit: number },
): Promise<RunRow[]> {
  const { rows } = await db.query<RunRow>(
    `select ${columns} from runs
     where ($1::text is null or job = $1) and ($2::text is null or status = $2)
       and ($3::timestamptz is null or (slot, id) < ($3, $4))
     order by slot desc, id desc limit $5`,
    [job ?? null, status ?? null, after?.slot ?? null, after?.id ?? null, limit],
  );
  return rows;
}

export async function findRunById(db: Queryable, id: number): Promise<RunRow | undefined> {
  const { rows } = await db.query<RunRow>(`select ${columns} from runs where id = $1`, [id]);
  return rows[0];
}
