import type { Queryable } from '../pool.ts';

/** Closes an alert on a person's request. @returns false when no such alert is open */
export async function dismissAlert(db: Queryable, id: number, now: Date): Promise<boolean> {
  const { rowCount } = await db.query('update alert set closed_at = $2 where id = $1 and closed_at is null', [
    id,
    now,
  ]);
  return rowCount === 1;
}
