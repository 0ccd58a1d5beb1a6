import { type ImageRow, type Pool, upsertImages } from '@mycelium/database';
import { dayOf, NotAnImageKey, parseImageKey } from '@mycelium/farm';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';

interface TodaysImagesOptions {
  pool: Pool;
  store: ObjectStore;
  timeZone: string;
  aliases: Record<string, string>;
  clock: () => Date;
  logger: Logger;
}

const every = 60_000;
/** What a page waits for the first look; after that it shows what the last one found. */
const patience = 2_000;

/**
 * Writes down the images that have come today, while somebody looks: the nightly run knows a day only once it is
 * over, and a grower wants to see the room as it is. A store that does not answer leaves the pages as they are.
 * @returns a call for each page view; it looks into the store once a minute at most
 */
export function createTodaysImages({ pool, store, timeZone, aliases, clock, logger }: TodaysImagesOptions) {
  let looking: Promise<void> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;

  async function look(): Promise<void> {
    const signal = AbortSignal.timeout(every);
    const folderOfToday = dayOf(clock(), timeZone).replaceAll('-', '');
    const images: ImageRow[] = [];
    for (const room of await store.topFolders(signal)) {
      for await (const { key, etag, size } of store.list(`${room}/${folderOfToday}/`, { signal })) {
        try {
          images.push({ ...parseImageKey(key, { timeZone, aliases }), etag, bytes: size });
        } catch (error) {
          // The nightly run sets it aside with its reason.
          if (!(error instanceof NotAnImageKey)) throw error;
        }
      }
    }
    if (images.length > 0) await upsertImages(pool, images);
  }

  return async (): Promise<void> => {
    const first = lookedAt === Number.NEGATIVE_INFINITY;
    if (!looking && Date.now() - lookedAt >= every) {
      lookedAt = Date.now();
      looking = look()
        .catch((error) => {
          logger.warn('no look at the images of today', { error: String(error) });
        })
        .finally(() => {
          looking = undefined;
        });
    }
    if (!first || !looking) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, patience);
    await Promise.race([looking, promise]).finally(() => clearTimeout(timer));
  };
}
