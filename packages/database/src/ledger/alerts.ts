import type { Queryable } from '../pool.ts';

/** Something is wrong: at most one alert of a kind and a subject is open. */
export interface Condition {
  kind: string;
  /** What it is about: a job, a room, a queue, a service. */
  subject: string;
  severity: 'warning' | 'critical';
  message: string;
  /** When it came about: what a person closed by hand stays closed until it comes about anew. */
  since: Date;
}

export interface AlertRow {
  id: number;
  kind: string;
  subject: string;
  severity: 'warning' | 'critical';
  message: string;
  openedAt: Date;
  closedAt: Date | null;
}

const columns = `id, kind, subject, severity, message, opened_at as "openedAt", closed_at as "closedAt"`;

export async function listOpenAlerts(db: Queryable): Promise<AlertRow[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${columns} from alert where closed_at is null order by id`,
  );
  return rows;
}

/** @returns false when such an alert is open, or a person closed it since it came about. */
export async function openAlert(db: Queryable, condition: Condition, now: Date): Promise<boolean> {
  const { kind, subject, severity, message, since } = condition;
  const { rowCount } = await db.query(
    `insert into alert (kind, subject, severity, message, opened_at, notify_after)
     select $1, $2, $3, $4, $5, $5 where not exists (
       select from alert where kind = $1 and subject = $2 and closed_at >= $6 and not cleared)
     on conflict (kind, subject) where closed_at is null do nothing`,
    [kind, subject, severity, message, now, since],
  );
  return rowCount === 1;
}

/** The same trouble, in today's words; nobody is told again. */
export async function rewordAlert(
  db: Queryable,
  id: number,
  { severity, message }: Pick<Condition, 'severity' | 'message'>,
): Promise<void> {
  await db.query('update alert set severity = $2, message = $3 where id = $1', [id, severity, message]);
}

/** It is over. @returns false when it was closed already. */
export async function clearAlert(db: Queryable, id: number, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update alert set closed_at = $2, cleared = true, notify_attempts = 0, notify_after = $2
     where id = $1 and closed_at is null`,
    [id, now],
  );
  return rowCount === 1;
}

/** Alerts whose opening or end is still to be told, and whose next try is due; ends are told for a day. */
export async function untoldAlerts(
  db: Queryable,
  now: Date,
  limit: number,
): Promise<(AlertRow & { attempts: number })[]> {
  const { rows } = await db.query<AlertRow & { attempts: number }>(
    `select ${columns}, notify_attempts as attempts from alert
     where (notified_at is null or notified_at < closed_at) and notify_after <= $1
       and (closed_at is null or closed_at > $1::timestamptz - interval '1 day')
     order by notify_after, id limit $2`,
    [now, limit],
  );
  return rows;
}

/** The webhook knows of the alert as it was read: of its opening, or of its end too. */
export async function markTold(db: Queryable, { id, openedAt, closedAt }: AlertRow): Promise<void> {
  await db.query(
    `update alert set notified_at = greatest(notified_at, $2), notify_attempts = 0 where id = $1`,
    [id, closedAt ?? openedAt],
  );
}

export async function postponeTelling(db: Queryable, id: number, until: Date): Promise<void> {
  await db.query('update alert set notify_attempts = notify_attempts + 1, notify_after = $2 where id = $1', [
    id,
    until,
  ]);
}
