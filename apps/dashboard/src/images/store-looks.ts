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
  /** When it succeeded; null while it runs and after it failed. */
  done: Date | null;
  running: Promise<void> | undefined;
}

const every = 60_000;
/** How long a page waits for a look before it shows what is known. */
const patience = 2_000;
/** Listing a year of many rooms takes a while, but a store that hangs must not block the next look forever. */
const timeout = 10 * 60_000;
const most = 100;

/**
 * Updates the table `image` while people view it: the nightly run lists a day once, but images may arrive later, or
 * today. If the store does not answer, pages show what is known.
 * @returns a function to call for each page view. It lists a range once a minute at most, and returns when the last
 *   complete listing of the range ended, or null if there was none in the last minute
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
