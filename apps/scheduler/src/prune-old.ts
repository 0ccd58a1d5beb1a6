import { commit, type Kept, type Pool, prune } from '@mycelium/database';
import type { Handler, Log } from '@mycelium/queue';

interface Context {
  pool: Pool;
  kept: Kept;
  logger: Log;
}

/** Days are counted back from the slot, so a late run deletes no more than one that ran on time. */
export const pruneOld: Handler<'prune', Context> = async (_payload, { pool, kept, run, logger, signal }) => {
  const pruned = await prune((work) => commit(pool, run.lease, work), kept, run.slot, signal);
  logger.info('old rows deleted', pruned);
  return pruned;
};
