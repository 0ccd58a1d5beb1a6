/** Failures allowed within the window before the door stays shut, by what they have in common. */
const limits = { pair: 5, address: 20, name: 50 };
const windowMs = 15 * 60_000;
const remembered = 10_000;

interface Count {
  failures: number;
  since: number;
}

/**
 * Slows down whoever guesses passwords: by name and address together, so that a stranger cannot lock the owner
 * out, and more loosely by each alone, against guesses spread over names or over addresses.
 */
export function createLockOut(now: () => number) {
  const counts = new Map<string, Count>();

  const keys = (name: string, address: string): [string, number][] => [
    [`pair ${address} ${name}`, limits.pair],
    [`address ${address}`, limits.address],
    [`name ${name}`, limits.name],
  ];

  const current = (key: string): Count => {
    const count = counts.get(key);
    return count && now() - count.since < windowMs ? count : { failures: 0, since: now() };
  };

  return {
    /**
     * Counts an attempt before it is checked, so that attempts sent side by side count too.
     * @returns seconds to wait, 0 when it may be tried.
     */
    attempt(name: string, address: string): number {
      const seen = keys(name, address).map(([key, limit]) => ({ key, limit, count: current(key) }));
      const shut = seen.filter(({ count, limit }) => count.failures >= limit);
      if (shut.length > 0) {
        return Math.ceil(Math.max(...shut.map(({ count }) => count.since + windowMs - now())) / 1_000);
      }
      for (const { key, count } of seen) {
        counts.delete(key);
        counts.set(key, { failures: count.failures + 1, since: count.since });
      }
      for (const key of counts.keys()) {
        if (counts.size <= remembered) break;
        counts.delete(key);
      }
      return 0;
    },

    /** The right password forgives the failures of this name from this address. */
    succeeded(name: string, address: string): void {
      for (const [key] of keys(name, address)) {
        const count = current(key);
        if (key.startsWith('pair')) counts.delete(key);
        else counts.set(key, { failures: Math.max(0, count.failures - 1), since: count.since });
      }
    },
  };
}

export type LockOut = ReturnType<typeof createLockOut>;
