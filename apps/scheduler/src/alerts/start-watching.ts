import { repeat } from '../repeat.ts';
import { type Watch, watchAlerts } from './watch-alerts.ts';

const everySeconds = 10;

/**
 * Watches now and every few seconds, while this scheduler leads. It goes round by itself: a reconciliation that
 * waits for Redis is among what has to be told, and a slow webhook must hold back nothing.
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
