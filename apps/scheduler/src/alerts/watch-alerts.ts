import {
  type AlertRow,
  clearAlert,
  forgetDeadProcesses,
  forgetRequeued,
  listOpenAlerts,
  openAlert,
  type Pool,
  rewordAlert,
} from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';
import { alertKey, findConditions } from './alert-rules.ts';
import { readFacts } from './read-facts.ts';
import { sendAlerts, type Webhook } from './send-alert.ts';

export interface Watch {
  pool: Pool;
  queues: Queues;
  timeZone: string;
  logger: Logger;
  now: () => Date;
  webhook?: Webhook | undefined;
}

/** Opens alerts for new conditions, closes those that are over, and notifies the webhook. */
export async function watchAlerts({ pool, queues, timeZone, logger, now, webhook }: Watch): Promise<void> {
  const at = now();
  const facts = await readFacts(pool, queues, timeZone, at);
  const open = new Map((await listOpenAlerts(pool)).map((alert) => [alertKey(alert), alert]));
  const conditions = findConditions(facts, (kind, subject) => open.has(alertKey({ kind, subject })));

  for (const condition of conditions) {
    const { kind, subject, severity, message } = condition;
    const alert = open.get(alertKey(condition));
    if (!alert) {
      if (await openAlert(pool, condition, at))
        logger.warn(`alert: ${message}`, { alert: kind, subject, severity });
    } else if (alert.message !== message) {
      await rewordAlert(pool, alert.id, condition);
    }
  }
  const wrong = new Set(conditions.map(alertKey));
  const unknown = ({ kind }: AlertRow) =>
    (kind === 'dead-letters' && !facts.deadLetters) || (kind === 'stuck-run' && !facts.stuckRuns);
  for (const [key, alert] of open) {
    if (wrong.has(key) || unknown(alert)) continue;
    if (await clearAlert(pool, alert.id, at))
      logger.info(`alert is over: ${alert.message}`, { alert: alert.kind, subject: alert.subject });
  }
  await Promise.all([forgetDeadProcesses(pool, at), forgetRequeued(pool, at)]);
  if (webhook) await sendAlerts({ pool, logger, now, webhook });
}
