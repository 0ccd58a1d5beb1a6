import { type Pool, processesWithoutBlocks, settleReadings } from '@mycelium/database';
import { addDays } from '@mycelium/farm';
import type { Handler, Log } from '@mycelium/queue';

interface Context {
  pool: Pool;
  /** SETTLE_AFTER_DAYS. */
  settleAfterDays: number;
  logger: Log;
}

/** Moves the readings of past days into blocks. Days are counted back from the slot, in UTC. */
export const settleOld: Handler<'settle_readings', Context> = async (
  _payload,
  { pool, settleAfterDays, run, logger, signal, progress },
) => {
  const before = addDays(run.slot.toISOString().slice(0, 10), -settleAfterDays);
  const nothing = { before, readings: 0, replaced: 0, blocks: 0, days: 0, dropped: [] };
  const waitingFor = await processesWithoutBlocks(pool);
  if (waitingFor.length > 0) {
    logger.warn('nothing is settled while processes of an earlier release run', { processes: waitingFor });
    return { ...nothing, waitingFor };
  }
  const settled = await settleReadings({ pool, lease: run.lease, before, signal, onProgress: progress });
  logger.info('readings settled', { before, ...settled });
  return { before, ...settled, waitingFor };
};
