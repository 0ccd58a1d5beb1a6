import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';
import { countOpenAlerts } from '../records/alerts.ts';
import { activeJobs, queueCounts } from './timetable.ts';

const every = 1_000;

/**
 * What pages show while it happens: one look a second for all of them together, and none while nobody watches.
 * @returns `watch`, which calls back with JSON whenever something changed, and gives the way to stop
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
      if (json !== last) for (const tell of watchers) tell(json);
      last = json;
    } catch (error) {
      logger.warn('no live view', { error: error instanceof Error ? error.message : String(error) });
    }
    timer = watchers.size > 0 ? setTimeout(look, every) : undefined;
  }

  return {
    watch(tell: (json: string) => void): () => void {
      watchers.add(tell);
      if (last) tell(last);
      timer ??= setTimeout(look, 0);
      return () => watchers.delete(tell);
    },
    close() {
      watchers.clear();
      clearTimeout(timer);
    },
  };
}
