import { createHmac } from 'node:crypto';
import { type AlertRow, alertsToSend, markSent, type Pool, postponeSending } from '@mycelium/database';
import { guardedFetch } from '@mycelium/outgoing/fetch';
import type { Logger } from '@mycelium/telemetry';
import { type Language, sayStored } from '@mycelium/words';

export interface Webhook {
  url: string;
  /** Signs the body: `x-mycelium-signature: sha256=…` with its HMAC in hexadecimal. */
  secret?: string | undefined;
  /** The language of the message; English if it is not set, and for alerts without a code. */
  language?: Language | undefined;
  /** Milliseconds to wait for an answer. */
  patience?: number;
}

const atOnce = 10;
const usualPatience = 5_000;
const firstRetrySeconds = 10;
const lastRetrySeconds = 3_600;

/**
 * Sends every opening and closing of an alert that the webhook has not accepted yet. A failed request is retried at
 * intervals that double up to an hour.
 */
export async function sendAlerts({
  pool,
  logger,
  now,
  webhook,
}: {
  pool: Pool;
  logger: Logger;
  now: () => Date;
  webhook: Webhook;
}): Promise<void> {
  const alerts = await alertsToSend(pool, now(), atOnce);
  await Promise.all(
    alerts.map(async (alert) => {
      try {
        await send(webhook, alert, now());
        await markSent(pool, alert);
      } catch (error) {
        const until = new Date(now().getTime() + retryAfterSeconds(alert.attempts) * 1_000);
        await postponeSending(pool, alert.id, until);
        logger.warn('the alert webhook did not accept an alert; trying again later', {
          alert: alert.kind,
          subject: alert.subject,
          until: until.toISOString(),
          error: reasonOf(error),
        });
      }
    }),
  );
}

export function retryAfterSeconds(attempts: number): number {
  return Math.min(firstRetrySeconds * 2 ** attempts, lastRetrySeconds);
}

async function send(
  { url, secret, language = 'en', patience = usualPatience }: Webhook,
  alert: AlertRow,
  sentAt: Date,
) {
  const { id, kind, subject, severity, openedAt, closedAt } = alert;
  const message = sayStored(alert, alert.message, language);
  const state = closedAt ? 'closed' : 'open';
  const body = JSON.stringify({
    id,
    state,
    kind,
    subject,
    severity,
    message,
    openedAt,
    closedAt,
    sentAt,
  });
  const signature = secret && createHmac('sha256', secret).update(body).digest('hex');
  const response = await guardedFetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(signature && { 'x-mycelium-signature': `sha256=${signature}` }),
    },
    body,
    // Alerts go to the configured address only, so redirects are not followed.
    redirect: 'manual',
    signal: AbortSignal.timeout(patience),
  });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`it answered ${response.status}`);
}

/** fetch hides the reason in its cause. The address is left out, since it may contain a token. */
function reasonOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return cause?.code ?? message;
}
