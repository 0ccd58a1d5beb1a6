import type { Operations } from '@mycelium/operations';
import type { Visitor } from '../access/account.ts';
import type { Deps } from '../deps.ts';

/** The dependencies of an operator's action, on behalf of this visitor. */
export function operationsOf(
  { pool, queues, store, clock, config }: Deps,
  visitor?: Visitor | undefined,
): Operations {
  const actor = visitor?.name ?? 'nobody';
  return {
    pool,
    queues,
    store,
    clock,
    timeZone: config.TZ,
    aliases: config.ROOM_ALIASES,
    actor,
    by: `operator ${actor}`,
  };
}
