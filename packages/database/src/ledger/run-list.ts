import type { Queryable } from '../pool.ts';
import type { RunRow } from './runs.ts';

/** A run as the console and the commands list it. */
export interface ListedRun extends Omit<RunRow, 'tries'> {
  id: number;
  /** Its id everywhere else, such as `JOB@1764522200000`. */
  run: string;
  /** The id of its job in the queue. */
  request: string | null;
}

const columns = `
  id, job || '@' || round(extract(epoch from slot) * 1000)::bigint as run, job, slot, status, cause, worker, attempts, started_at as "startedAt", finished_at as "finishedAt",
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
): Promise<ListedRun[]> {
  const { rows } = await db.query<ListedRun>(
    `select ${columns} from runs
     where ($1::text is null or job = $1) and ($2::text is null or status = $2)
       and ($3::timestamptz is null or (slot, id) < ($3, $4))
     order by slot desc, id desc limit $5`,
    [job ?? null, status ?? null, after?.slot ?? null, after?.id ?? null, limit],
  );
  return rows;
}

/** @param which the number of its row, or its job and slot */
export async function findListedRun(
  db: Queryable,
  which: number | { job: string; slot: Date },
): Promise<ListedRun | undefined> {
  const { rows } =
    typeof which === 'number'
      ? await db.query<ListedRun>(`select ${columns} from runs where id = $1`, [which])
      : await db.query<ListedRun>(`select ${columns} from runs where job = $1 and slot = $2`, [
          ...[which.job, which.slot],
        ]);
  return rows[0];
}
