import type { Queryable } from '@mycelium/database';

export interface AuditRow {
  id: number;
  at: Date;
  actor: string;
  action: string;
  subject: string;
  detail: unknown;
}

/** Newest first. */
export async function listAudit(
  db: Queryable,
  { actor, action }: { actor?: string | undefined; action?: string | undefined },
  { before, limit }: { before?: number | undefined; limit: number },
): Promise<AuditRow[]> {
  const { rows } = await db.query<AuditRow>(
    `select id, at, actor, action, subject, detail from audit
     where ($1::text is null or actor = $1) and ($2::text is null or action = $2)
       and ($3::bigint is null or id < $3)
     order by id desc limit $4`,
    [actor ?? null, action ?? null, before ?? null, limit],
  );
  return rows;
}
