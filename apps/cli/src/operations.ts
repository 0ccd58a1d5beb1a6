import { hostname, userInfo } from 'node:os';
import type { Operations } from '@mycelium/operations';
import { openStore } from '@mycelium/storage';
import type { Connections } from './connections.ts';

/** The dependencies of an operator's action, on behalf of the user who runs the command. */
export function operationsOf({ config, pool, queues }: Connections): Operations {
  const actor = `${userName()}@${hostname()}`;
  const hasStore = Boolean(config.S3_ENDPOINT || config.IMAGE_DIR);
  return {
    pool,
    queues,
    store: hasStore ? openStore(config) : undefined,
    timeZone: config.TZ,
    aliases: config.ROOM_ALIASES,
    clock: () => new Date(),
    actor,
    by: `cli ${actor}`,
    model: config,
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown'; // a container's user may have no name
  }
}
