import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';
import { countOpenAlerts } from '../records/alerts.ts';
import { activeJobs, queueCounts } from './timetable.ts';

const every = 1_000;

/**
 * The live view of the pages: one poll per second for all of them together, and none while no page is open.
 * @returns `watch`, which calls back with JSON whenever something changed, and returns a function that stops it
 */
export function createLive({ pool, queues, logger }: { pool: Pool; queues: Queues; logger: Logger }) {
  const watchers = new Set<(json: string) => void>();
  let timer: NodeJS.Timeout | undefined;
  let last = '';

  async function look(): Promise<void> {
    try {
      const [active, counts, openAlerts] = await Promise.all([
        activeJobs(queues),
        queueCounts(queues),
        countOpenAlerts(pool),
      ]);
      const json = JSON.stringify({ active, queues: counts, openAlerts });
      if (json !== last) for (const notify of watchers) notify(json);
      last = json;
    } catch (error) {
      logger.warn('the live view could not be refreshed', {
        error: error instanceof Error ? error.message : String(error),
      });
    }
    timer = watchers.size > 0 ? setTimeout(look, every) : undefined;
  }

  return {
    watch(notify: (json: string) => void): () => void {
      watchers.add(notify);
      if (last) notify(last);
      timer ??= setTimeout(look, 0);
      return () => watchers.delete(notify);
    },
    close() {
      watchers.clear();
      clearTimeout(timer);
    },
  };
}
