import { addDays, dayDigits, dayOf, isRoom } from '@mycelium/farm';
import { watchDirectory } from '@mycelium/storage';
import type { Arrivals } from './arrivals.ts';

interface WatchTools {
  arrivals: Arrivals;
  timeZone: string;
  /** Days before today whose folders are watched. */
  days: number;
  clock: () => Date;
  onTrouble: (error: unknown) => void;
  /** When to repeat a delivery that failed, milliseconds. */
  againMillis?: number;
  settleMillis?: number;
  signal: AbortSignal;
}

const gatherMillis = 500;

/**
 * Has images embedded when they appear in the folder that is the image store. What appears while nobody watches, or
 * on another machine that shares the folder, is left to the nightly run.
 */
export function watchImageFolder(root: string, tools: WatchTools): void {
  const { arrivals, timeZone, days, clock, onTrouble, againMillis = 30_000, signal } = tools;
  const found = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const deliver = async () => {
    timer = undefined;
    const keys = [...found];
    found.clear();
    try {
      await arrivals.add(keys, signal);
    } catch (error) {
      if (signal.aborted) return;
      onTrouble(error);
      for (const key of keys) found.add(key);
      timer ??= setTimeout(deliver, againMillis);
    }
  };
  signal.addEventListener('abort', () => clearTimeout(timer));
  watchDirectory(root, {
    isWanted(folder) {
      const [room = '', date = ''] = folder.split('/');
      return isRoom(room) && date >= dayDigits(addDays(dayOf(clock(), timeZone), -days));
    },
    onFile(key) {
      found.add(key);
      timer ??= setTimeout(deliver, gatherMillis);
    },
    onTrouble,
    ...(tools.settleMillis && { settleMillis: tools.settleMillis }),
    signal,
  });
}
