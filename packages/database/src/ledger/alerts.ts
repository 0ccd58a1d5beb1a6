import type { Queryable } from '../pool.ts';

/** A condition that people should know about. At most one alert per kind and subject is open. */
export interface Condition {
  kind: string;
  /** A job, a room, a queue or a service. */
  subject: string;
  severity: 'warning' | 'critical';
  /** In English, for logs and the webhook. */
  message: string;
  /** The code of the message, for the text in the reader's language. */
  code: string;
  params: Record<string, string | number>;
  /** When it started. An alert that a person closed stays closed until the condition starts again. */
  since: Date;
}

export interface AlertRow {
  id: number;
  kind: string;
  subject: string;
  severity: 'warning' | 'critical';
  message: string;
  /** Null in alerts of older releases. */
  code: string | null;
  params: Record<string, string | number> | null;
  openedAt: Date;
  closedAt: Date | null;
}

const columns = `id, kind, subject, severity, message, code, params, opened_at as "openedAt", closed_at as "closedAt"`;

export async function listOpenAlerts(db: Queryable): Promise<AlertRow[]> {
  const { rows } = await db.query<AlertRow>(
    `select ${columns} from alert where closed_at is null order by id`,
  );
  return rows;
}

/** @returns false when such an alert is already open, or a person closed it after it started */
export async function openAlert(db: Queryable, condition: Condition, now: Date): Promise<boolean> {
  const { kind, subject, severity, message, code, params, since } = condition;
  const { rowCount } = await db.query(
    `insert into alert (kind, subject, severity, message, opened_at, notify_after, code, params)
     select $1, $2, $3, $4, $5, $5, $7, $8 where not exists (
       select from alert where kind = $1 and subject = $2 and closed_at >= $6 and not cleared)
     on conflict (kind, subject) where closed_at is null do nothing`,
    [kind, subject, severity, message, now, since, code, params],
  );
  return rowCount === 1;
}

/** Updates the text of an open alert. It is not sent again. */
export async function rewordAlert(
  db: Queryable,
  id: number,
  { severity, message, code, params }: Pick<Condition, 'severity' | 'message' | 'code' | 'params'>,
): Promise<void> {
  await db.query('update alert set severity = $2, message = $3, code = $4, params = $5 where id = $1', [
    id,
    severity,
    message,
    code,
    params,
  ]);
}

/** Closes an alert whose condition is over. @returns false when it was closed already. */
export async function clearAlert(db: Queryable, id: number, now: Date): Promise<boolean> {
  const { rowCount } = await db.query(
    `update alert set closed_at = $2, cleared = true, notify_attempts = 0, notify_after = $2
     where id = $1 and closed_at is null`,
    [id, now],
  );
  return rowCount === 1;
}

/** Alerts whose opening or end is unsent and whose next attempt is due. Sending an end is tried for a day. */
export async function alertsToSend(
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

/** Records that the webhook received the alert as it was read: its opening, and its end if it had ended. */
export async function markSent(db: Queryable, { id, openedAt, closedAt }: AlertRow): Promise<void> {
  await db.query(
    `update alert set notified_at = greatest(notified_at, $2), notify_attempts = 0 where id = $1`,
    [id, closedAt ?? openedAt],
  );
}

export async function postponeSending(db: Queryable, id: number, until: Date): Promise<void> {
  await db.query('update alert set notify_attempts = notify_attempts + 1, notify_after = $2 where id = $1', [
    id,
    until,
  ]);
}
