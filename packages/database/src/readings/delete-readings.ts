import { type Pool, transaction } from '../pool.ts';
import { packReadings, settlingLock } from './pack-readings.ts';

/** Which readings; without a time, from the first or to the last. */
export interface ReadingSpan {
  pointIds: number[];
  from?: Date | undefined;
  /** Without this instant. */
  until?: Date | undefined;
}

const monthMillis = 31 * 86_400_000;

/** How many readings `deleteReadings` would delete. */
export async function countReadings(pool: Pool, { pointIds, from, until }: ReadingSpan): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `select count(*) as n from readings_between($1, coalesce($2::timestamptz, '-infinity'), coalesce($3::timestamptz, 'infinity'))`,
    [pointIds, from ?? null, until ?? null],
  );
  return rows[0]?.n ?? 0;
}

/**
 * Deletes readings, settled or not, a month at a time. They count as late changes: the jobs compute their days again. @returns
 * how many
 */
export async function deleteReadings(
  pool: Pool,
  { pointIds, from, until }: ReadingSpan,
  signal?: AbortSignal,
): Promise<number> {
  const { rows } = await pool.query<{ first: Date | null; last: Date | null }>(
    `select min(known.first) as first, max(known.last) as last
     from unnest($1::int[]) as requested(id) cross join lateral reading_span(requested.id) known`,
    [pointIds],
  );
  const [known] = rows;
  if (!known?.first || !known.last) return 0;
  const start = Math.max(known.first.getTime(), from?.getTime() ?? Number.NEGATIVE_INFINITY);
  // A Date is of whole milliseconds, the last reading may be a little later.
  const end = Math.min(known.last.getTime() + 1, until?.getTime() ?? Number.POSITIVE_INFINITY);
  let deleted = 0;
  for (let at = start; at < end; at += monthMillis) {
    signal?.throwIfAborted();
    deleted += await deleteSpan(pool, pointIds, new Date(at), new Date(Math.min(at + monthMillis, end)));
  }
  return deleted;
}

function deleteSpan(pool: Pool, pointIds: number[], from: Date, until: Date): Promise<number> {
  return transaction(pool, async (tx) => {
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    await tx.query(`select pg_advisory_xact_lock(${settlingLock})`);
    const span = [pointIds, from, until];
    const { rows } = await tx.query<{ n: number }>(
      `with gone as (select point_id, ts from readings_between($1, $2, $3)),
       marked as (select mark_late(array_agg(point_id), array_agg(first), array_agg(last))
         from (select point_id, min(ts) as first, max(ts) as last from gone
               group by point_id, date_trunc('day', ts, 'UTC')) span
         having count(*) > 0)
       select (select count(*) from gone) as n, (select count(*) from marked) as marks`,
      span,
    );
    await tx.query('delete from reading where point_id = any($1) and ts >= $2 and ts < $3', span);
    await tx.query(packReadings(`(${keptOfBlocks}) kept`), span);
    await tx.query(
      `delete from reading_block where point_id = any($1) and first >= $2 and last < $3
         and day between ($2::timestamptz at time zone 'UTC')::date and ($3::timestamptz at time zone 'UTC')::date`,
      span,
    );
    return rows[0]?.n ?? 0;
  });
}

/** The other readings of the blocks that lose some, but not all. */
const keptOfBlocks = `
  select block.point_id, block.day, settled.ts, settled.value
  from reading_block block cross join lateral unpack_readings(block.first, block.deltas, block."values") settled
  where block.point_id = any($1) and block.last >= $2 and block.first < $3
    and block.day between ($2::timestamptz at time zone 'UTC')::date and ($3::timestamptz at time zone 'UTC')::date
    and not (block.first >= $2 and block.last < $3) and not (settled.ts >= $2 and settled.ts < $3)`;
