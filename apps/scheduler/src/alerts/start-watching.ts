import { repeat } from '../repeat.ts';
import { type Watch, watchAlerts } from './watch-alerts.ts';

const everySeconds = 10;

/**
 * Watches for alerts now and then every few seconds while this scheduler is the leader. It has its own loop because a
 * reconciliation that waits for Redis must not delay alerts, and a slow webhook must not delay a reconciliation.
 */
export function startWatching(watch: Watch, leads: () => boolean) {
  return repeat(everySeconds, async () => {
    if (!leads()) return;
    try {
      await watchAlerts(watch);
    } catch (error) {
      watch.logger.warn('could not watch for alerts; trying again', { error: String(error) });
    }
  });
}
