import {
  commit,
  hasDeletionFault,
  type Kept,
  type Pool,
  pgvectorVersion,
  prune,
  rebuildVectorIndexes,
} from '@mycelium/database';
import type { Handler, Log } from '@mycelium/queue';

interface Context {
  pool: Pool;
  kept: Kept;
  logger: Log;
}

/** Deleted at once, these make an index of a faulty pgvector miss neighbours. */
const manyImages = 1_000;

/** Days are counted back from the slot, so a late run deletes no more than one that ran on time. */
export const pruneOld: Handler<'prune', Context> = async (_payload, { pool, kept, run, logger, signal }) => {
  const pruned = await prune((work) => commit(pool, run.lease, work), kept, run.slot, signal);
  logger.info('old rows deleted', pruned);
  if (pruned.images < manyImages || !hasDeletionFault(await pgvectorVersion(pool))) return pruned;
  const vectorIndexes = await rebuildVectorIndexes(pool, signal);
  logger.info('indexes of vectors built again, since this pgvector does not repair them', vectorIndexes);
  return { ...pruned, vectorIndexes };
};
