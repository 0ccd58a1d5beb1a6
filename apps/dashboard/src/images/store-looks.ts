import { lookAtStore, type Operations, wantedModel } from '@mycelium/operations';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import pLimit from 'p-limit';
import pTimeout from 'p-timeout';

type LookTools = Pick<Operations, 'pool' | 'timeZone' | 'aliases' | 'clock'> & {
  store: ObjectStore;
  logger: Logger;
};

interface Range {
  from: string;
  to: string;
}

/** @returns when the images of these days were last listed completely, or null if they never were or the store failed */
export type StoreLooks = (range: Range) => Promise<Date | null>;

interface Look {
  /** When it ended, in milliseconds; undefined while it runs or waits for its turn. */
  endedAt: number | undefined;
  /** When the last complete listing ended; null before the first and after a failure. */
  done: Date | null;
  running: Promise<void>;
}

const every = 60_000;
/** How long a page waits for a look before it shows what is known. */
const patience = 2_000;
/** Listing a year of many rooms takes a while, but a store that hangs must not block the next look forever. */
const timeout = 10 * 60_000;
/** Two, so that a long listing does not delay the images of today. */
const atOnce = 2;
const mostWaiting = 10;
const most = 100;

/**
 * Updates the table `image` while people view it: the nightly run lists a day once, but images may arrive later, or
 * today. Call it for each page view. It lists a range once a minute at most, and few ranges at once, however many
 * people look. If the store does not answer, pages show what is known.
 */
export function createStoreLooks({ store, clock, logger, ...tools }: LookTools): StoreLooks {
  const looks = new Map<string, Look>();
  const limit = pLimit(atOnce);

  async function list(range: Range): Promise<void> {
    const signal = AbortSignal.timeout(timeout);
    const model = (await wantedModel(tools)) ?? null;
    await lookAtStore({ ...tools, store }, { ...range, model }, signal);
  }

  function start(range: Range, done: Date | null): Look {
    const look: Look = { endedAt: undefined, done, running: Promise.resolve() };
    look.running = limit(() => list(range))
      .then(
        () => {
          look.done = clock();
        },
        (error) => {
          look.done = null;
          logger.warn('could not list the images in the store', { ...range, error: String(error) });
        },
      )
      .finally(() => {
        look.endedAt = Date.now();
      });
    return look;
  }

  return async (range) => {
    const key = `${range.from} ${range.to}`;
    let look = looks.get(key);
    if (!look || (look.endedAt !== undefined && Date.now() - look.endedAt >= every)) {
      const last = look?.done ?? null;
      if (limit.pendingCount >= mostWaiting) return last;
      look = start(range, last);
      looks.delete(key);
      looks.set(key, look);
      const [oldest] = looks.keys();
      if (looks.size > most && oldest) looks.delete(oldest);
    }
    if (look.endedAt === undefined) await pTimeout(look.running, { milliseconds: patience, message: false });
    return look.done;
  };
}
