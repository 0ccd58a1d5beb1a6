import { listHeartbeats } from '@mycelium/database';
import { sendCanaries } from '@mycelium/queue';
import { withinPatience } from './patience.ts';
import type { Reconciliation } from './reconciliation.ts';
import { repeat } from './repeat.ts';

const everySeconds = 30;
const aliveSeconds = 60;

/** Keeps testing whether the queues are served while this scheduler is the leader. */
export function startCanaries({ pool, queues, logger, now }: Reconciliation, leads: () => boolean) {
  return repeat(everySeconds, async () => {
    if (!leads()) return;
    try {
      const at = now();
      const live = (await listHeartbeats(pool, at)).filter(
        ({ seenAt, trouble }) => !trouble && at.getTime() - seenAt.getTime() < aliveSeconds * 1_000,
      );
      const served = new Set(live.flatMap((process) => process.queues));
      await withinPatience(sendCanaries(queues, served));
    } catch (error) {
      logger.warn('could not test whether the queues are served; trying again', { error: String(error) });
    }
  });
}
