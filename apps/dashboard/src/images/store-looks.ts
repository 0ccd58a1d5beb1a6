import { lookAtStore, type Operations } from '@mycelium/operations';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import pTimeout from 'p-timeout';

type LookTools = Pick<Operations, 'pool' | 'timeZone' | 'aliases' | 'clock'> & {
  store: ObjectStore;
  logger: Logger;
};

interface Range {
  from: string;
  to: string;
}

interface Look {
  startedAt: number;
  /** When it ended well; null while it runs and after it failed. */
  done: Date | null;
  running: Promise<void> | undefined;
}

const every = 60_000;
/** What a page waits for a look; after that it shows what is known. */
const patience = 2_000;
/** Listing a year of many rooms takes its time, and a store that hangs must not hold the next look for ever. */
const timeout = 10 * 60_000;
const most = 100;

/**
 * Brings the table `image` up to date while people look at it: the nightly run sees a day once, and images may come
 * later, or for today. A store that does not answer leaves the pages as they are.
 * @returns a call for each page view; it looks at a range once a minute at most, and answers when the last complete
 *   look at the range ended, or null if there was none in the last minute
 */
export function createStoreLooks({ store, clock, logger, ...tools }: LookTools) {
  const looks = new Map<string, Look>();

  function start(range: Range): Look {
    const look: Look = { startedAt: Date.now(), done: null, running: undefined };
    look.running = lookAtStore({ ...tools, store }, range, AbortSignal.timeout(timeout))
      .then(
        () => {
          look.done = clock();
        },
        (error) => {
          logger.warn('could not list the images in the store', { ...range, error: String(error) });
        },
      )
      .finally(() => {
        look.running = undefined;
      });
    return look;
  }

  return async (range: Range): Promise<Date | null> => {
    const key = `${range.from} ${range.to}`;
    let look = looks.get(key);
    if (!look || (!look.running && Date.now() - look.startedAt >= every)) {
      look = start(range);
      looks.delete(key);
      looks.set(key, look);
      const [oldest] = looks.keys();
      if (looks.size > most && oldest) looks.delete(oldest);
    }
    if (look.running) await pTimeout(look.running, { milliseconds: patience, message: false });
    return look.done;
  };
}
