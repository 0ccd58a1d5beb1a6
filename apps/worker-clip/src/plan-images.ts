import { dayOf, daysBetween } from '@mycelium/calendar';
import { type ImageRow, pendingKeys, type Queryable, quarantine, upsertImages } from '@mycelium/database';
import {
  type ImageKey,
  NotAnImageKey,
  type ObjectStore,
  parseImageKey,
  type StoredObject,
} from '@mycelium/storage';

export interface Selection {
  /** Local days of the keys' folders, both included. */
  from: string;
  to: string;
  /** Only what was captured at or after this instant. */
  since?: Date;
  rooms?: string[];
  maxPerRoom?: number;
}

/** Of the images a run looks at: how many there are, and how many need nothing, room by room. */
export type Plan = { rooms: Record<string, { total: number; skipped: number }> };

const page = 1_000;

/** The selection of the last hours, in whole days and an instant. */
export function selectSince(since: Date, now: Date, timeZone: string): Selection {
  return { from: dayOf(since, timeZone), to: dayOf(now, timeZone), since };
}

/**
 * Lists the selected images page by page, writes them down, and hands on those that still need a vector, in
 * batches. Memory does not grow with the number of images.
 * @param write how rows are written; nothing is when it is undefined
 * @param add takes batches of keys
 */
export async function planImages(
  {
    store,
    read,
    write,
    modelId,
    timeZone,
    aliases,
    batchSize,
    signal,
  }: {
    store: ObjectStore;
    read: Queryable;
    write: ((work: (tx: Queryable) => Promise<void>) => Promise<void>) | undefined;
    modelId: number;
    timeZone: string;
    aliases: Record<string, string>;
    batchSize: number;
    signal: AbortSignal;
  },
  selection: Selection,
  add: (batches: string[][]) => Promise<void>,
): Promise<Plan> {
  const rooms: Plan['rooms'] = {};
  let waiting: string[] = [];

  async function take(images: ImageRow[], bad: { key: string; reason: string; detail: string }[]) {
    if (write) {
      await write(async (tx) => {
        await upsertImages(tx, images);
        await quarantine(tx, bad);
      });
    }
    const keys = images.map(({ key }) => key);
    // What is not written down is looked at again each time.
    const pending = write ? await pendingKeys(read, keys, modelId) : keys;
    const isPending = new Set(pending);
    for (const { room, key } of images) {
      const counts = countsOf(room);
      counts.total++;
      if (!isPending.has(key)) counts.skipped++;
    }
    waiting.push(...pending);
    const whole = waiting.length - (waiting.length % batchSize);
    await add(chunks(waiting.slice(0, whole), batchSize));
    waiting = waiting.slice(whole);
  }

  function countsOf(room: string) {
    rooms[room] ??= { total: 0, skipped: 0 };
    return rooms[room];
  }

  const taken = new Map<string, number>();
  let images: ImageRow[] = [];
  let bad: { key: string; reason: string; detail: string }[] = [];
  for await (const found of selected(store, selection, timeZone, aliases, signal)) {
    if (found.reason !== undefined) {
      countsOf(found.room).total++;
      bad.push(found);
    } else {
      const nth = (taken.get(found.room) ?? 0) + 1;
      taken.set(found.room, nth);
      if (selection.maxPerRoom && nth > selection.maxPerRoom) continue;
      images.push(found);
    }
    if (images.length + bad.length < page) continue;
    await take(images, bad);
    images = [];
    bad = [];
  }
  await take(images, bad);
  if (waiting.length > 0) await add([waiting]);
  return { rooms };
}

/** Every object of the selection: an image, or a key that cannot be read as one. */
async function* selected(
  store: ObjectStore,
  { from, to, since, rooms }: Selection,
  timeZone: string,
  aliases: Record<string, string>,
  signal: AbortSignal,
) {
  const folders = await roomFolders(store, rooms, aliases, signal);
  for (const day of daysBetween(from, to)) {
    for (const folder of folders) {
      for await (const object of store.list(`${folder}/${day.replaceAll('-', '')}/`, signal)) {
        const image = readKey(object, folder, timeZone, aliases);
        if ('capturedAt' in image && since && image.capturedAt < since) continue;
        yield image;
      }
    }
  }
}

/** The top folders of the store that are the wanted rooms, or an alias of one. */
async function roomFolders(
  store: ObjectStore,
  rooms: string[] | undefined,
  aliases: Record<string, string>,
  signal: AbortSignal,
) {
  const folders = await store.topFolders(signal);
  return folders.filter((folder) => !rooms || rooms.includes(aliases[folder] ?? folder));
}

function readKey(
  { key, etag, size }: StoredObject,
  folder: string,
  timeZone: string,
  aliases: Record<string, string>,
) {
  try {
    const image: ImageKey = parseImageKey(key, { timeZone, aliases });
    return { ...image, etag, bytes: size };
  } catch (error) {
    if (!(error instanceof NotAnImageKey)) throw error;
    return {
      key,
      etag,
      bytes: size,
      room: aliases[folder] ?? folder,
      reason: 'bad_key',
      detail: error.message,
    };
  }
}

function chunks(keys: string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, n) =>
    keys.slice(n * size, (n + 1) * size),
  );
}
