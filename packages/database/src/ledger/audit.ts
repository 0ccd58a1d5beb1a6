import type { Queryable } from '../pool.ts';

export interface AuditedAction {
  actor: string;
  action: string;
  subject: string;
  detail?: unknown;
}

/** Records who did what. Call it before the action, so that no action goes unrecorded. */
export async function audit(db: Queryable, { actor, action, subject, detail }: AuditedAction): Promise<void> {
  await db.query('insert into audit (actor, action, subject, detail) values ($1, $2, $3, $4)', [
    actor,
    action,
    subject,
    detail === undefined ? null : JSON.stringify(detail),
  ]);
}
