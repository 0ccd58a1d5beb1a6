import type { Queryable } from '@mycelium/database';

export interface Action {
  actor: string;
  action: string;
  subject: string;
  detail?: unknown;
}

/** Writes down who did what. It is written before the deed: what cannot be recorded is not done. */
export async function audit(db: Queryable, { actor, action, subject, detail }: Action): Promise<void> {
  await db.query('insert into audit (actor, action, subject, detail) values ($1, $2, $3, $4)', [
    actor,
    action,
    subject,
    detail === undefined ? null : JSON.stringify(detail),
  ]);
}
