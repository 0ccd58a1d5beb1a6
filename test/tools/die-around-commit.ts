import type { Pool } from '@mycelium/database';
import { seededRandom } from '@mycelium/encoder/random';

/** The process kills itself: nothing is cleaned up. */
export function die(): never {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('dead');
}

interface Faults {
  /** How often, 0–1, the process dies just before or just after a commit. */
  share: number;
  seed: number;
  /** Only commits of transactions that have a statement with this text. */
  statement: string;
}

/** Adds a fault point on each side of COMMIT to a pool. */
export function dieAroundCommit(real: Pool, { share, seed, statement }: Faults): Pool {
  if (share === 0) return real;
  const chance = seededRandom(seed);
  const connectReal = real.connect.bind(real);
  real.connect = (async (...callback: []) => {
    // `pool.query` passes a callback; transactions do not.
    if (callback.length > 0) return connectReal(...callback);
    const client = await connectReal();
    const query = client.query.bind(client) as (...parameters: unknown[]) => Promise<unknown>;
    let isWanted = false;
    client.query = (async (...parameters: unknown[]) => {
      const text = String(parameters[0]);
      if (text.includes(statement)) isWanted = true;
      if (text !== 'commit' || !isWanted) return query(...parameters);
      isWanted = false;
      const fate = chance();
      if (fate < share / 2) die();
      const committed = await query(...parameters);
      if (fate < share) die();
      return committed;
    }) as typeof client.query;
    return client;
  }) as typeof real.connect;
  return real;
}
