import { type Operations, wantedModel } from '@mycelium/operations';
import type { Visitor } from '../access/account.ts';
import type { Deps } from '../deps.ts';

/** What an operator's action needs, on behalf of this visitor. */
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
    // Where the model itself is not on this machine, the active one is what vectors are compared with.
    modelKey: () => wantedModel(pool, config).catch(() => undefined),
  };
}
