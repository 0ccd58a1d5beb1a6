import { type Config, fullDisk, mib } from '@mycelium/config';
import { LRUCache } from 'lru-cache';
import { refused } from './refused.ts';

const askAgainMillis = 1_000;
const retryAfterSeconds = 60;

/**
 * Refuses what would fill the rest of a disk: 507, so that a sender keeps its data and tries again.
 * @throws Refusal
 */
export function refuseIfFull(config: Config): () => Promise<void> {
  const known = new LRUCache<string, { full: Awaited<ReturnType<typeof fullDisk>> }>({
    max: 1,
    ttl: askAgainMillis,
    fetchMethod: async () => ({ full: await fullDisk(config) }),
  });
  return async () => {
    const full = (await known.fetch('disk'))?.full;
    if (!full) return;
    throw refused(
      507,
      'refused.disk',
      { path: full.path, free: Math.floor(full.free / mib) },
      retryAfterSeconds,
    );
  };
}
