import { LRUCache } from 'lru-cache';
import { refused } from '../server/refused.ts';

/** The failures within the window after which attempts are refused, by what they have in common. */
const limits = { pair: 5, address: 20, name: 50 };
const windowMs = 15 * 60_000;
const remembered = 10_000;

/**
 * Slows down anyone who guesses passwords: by name and address together, so that a stranger cannot lock the owner
 * out, and with higher limits by each alone, against guesses spread over names or over addresses.
 */
export function createLockOut(now: () => number, onLockedOut: (address: string) => void = () => {}) {
  // `ttlResolution: 0` and `perf` make the cache read the clock on every call.
  const failures = new LRUCache<string, number>({
    max: remembered,
    ttl: windowMs,
    noUpdateTTL: true,
    ttlResolution: 0,
    perf: { now },
  });

  const keys = (name: string, address: string): [string, number][] => [
    [`pair ${address} ${name}`, limits.pair],
    [`address ${address}`, limits.address],
    [`name ${name}`, limits.name],
  ];

  /** @returns seconds to wait, 0 when the attempt may go ahead */
  function attempt(name: string, address: string): number {
    const seen = keys(name, address);
    const exceeded = seen.filter(([key, limit]) => (failures.get(key) ?? 0) >= limit);
    if (exceeded.length > 0) {
      return Math.ceil(Math.max(...exceeded.map(([key]) => failures.getRemainingTTL(key))) / 1_000);
    }
    for (const [key] of seen) failures.set(key, (failures.get(key) ?? 0) + 1);
    return 0;
  }

  return {
    attempt,

    /**
     * Counts an attempt before the password or the code is checked, so that attempts sent in parallel count too.
     * @throws Refusal 429 after too many
     */
    check(name: string, address: string): void {
      const wait = attempt(name, address);
      if (wait === 0) return;
      onLockedOut(address);
      throw refused(429, 'refused.locked-out', { n: Math.ceil(wait / 60) }, wait);
    },

    /** The right password clears the failures of this name from this address. */
    succeeded(name: string, address: string): void {
      for (const [key] of keys(name, address)) {
        const count = failures.get(key) ?? 0;
        if (key.startsWith('pair') || count <= 1) failures.delete(key);
        else failures.set(key, count - 1);
      }
    },
  };
}

export type LockOut = ReturnType<typeof createLockOut>;
