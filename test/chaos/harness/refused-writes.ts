import { setInterval } from 'node:timers';
import type { RefusedWrites } from './scenario.ts';

const metric = 'mycelium_fenced_writes_total';

/**
 * Reads every process's counter twice a second and once at the end. For a killed process, the last value read counts.
 */
export function countRefusedWrites(onEnd: (release: () => unknown) => void): RefusedWrites {
  const processes: { last: number | null; read: () => Promise<number | undefined> }[] = [];
  const readAll = () =>
    Promise.all(
      processes.map(async (each) => {
        each.last = (await each.read().catch(() => undefined)) ?? each.last;
      }),
    );
  const timer = setInterval(readAll, 500);
  onEnd(() => clearInterval(timer));
  return {
    watch: (read) => processes.push({ last: null, read }),
    async total() {
      await readAll();
      const counted = processes.flatMap(({ last }) => last ?? []);
      const refused = counted.length === 0 ? null : counted.reduce((sum, value) => sum + value, 0);
      return { refused, unread: processes.length - counted.length };
    },
  };
}

/** Reads the counter of a process that serves /metrics. */
export async function scrapeRefusedWrites(port: number): Promise<number | undefined> {
  const response = await fetch(`http://127.0.0.1:${port}/metrics`, { signal: AbortSignal.timeout(1_000) });
  const value = new RegExp(`^${metric} (\\d+)$`, 'm').exec(await response.text())?.[1];
  return value === undefined ? undefined : Number(value);
}
