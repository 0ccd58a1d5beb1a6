import type { AlertRow, Queryable } from '@mycelium/database';

export interface Alert extends AlertRow {
  notifiedAt: Date | null;
}

/** Open alerts first, newest first in each group. */
export async function listAlerts(
  db: Queryable,
  { open, before, limit }: { open: boolean; before: number | undefined; limit: number },
): Promise<Alert[]> {
  const { rows } = await db.query<Alert>(
    `select id, kind, subject, severity, message, code, params, opened_at as "openedAt", closed_at as "closedAt",
            notified_at as "notifiedAt"
     from alert where (closed_at is null) = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`,
    [open, before ?? null, limit],
  );
  return rows;
}

export async function countOpenAlerts(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>('select count(*) from alert where closed_at is null');
  return rows[0]?.count ?? 0;
}
