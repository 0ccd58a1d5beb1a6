import {
  badKeyReason,
  countImages,
  type ImageRow,
  pendingKeys,
  type Queryable,
  quarantine,
  releaseListed,
  upsertImages,
} from '@mycelium/database';
import { addDays, dayOf, daysBetween, isRoom, PermanentError, parseImageKey, realRoom } from '@mycelium/farm';
import type { ObjectStore, StoredObject } from '@mycelium/storage';

export interface Selection {
  /** Local days of the keys' folders, inclusive. */
  from: string;
  to: string;
  /** Only images captured at or after this instant. */
  since?: Date;
  rooms?: string[];
  maxPerRoom?: number;
}

/** The progress of planning, as JSON. */
export interface Plan {
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Per room: how many images were listed, and how many of them already have a vector. */
  rooms: Record<string, { total: number; skipped: number }>;
  /** The last listed object; undefined before the first page. */
  after?: string;
}

const page = 1_000;

/** Selects the last hours, as whole days plus an instant. */
export function selectSince(since: Date, now: Date, timeZone: string): Selection {
  return { from: dayOf(since, timeZone), to: dayOf(now, timeZone), since };
}

/**
 * Lists the selected images page by page, records them, and adds those that still need a vector, in batches. Memory
 * does not grow with the number of images.
 * @param write writes the rows; undefined means that nothing is written
 * @param add receives the batches of a page and the plan up to the end of that page
 * @param begun the plan of an earlier attempt, where planning resumes
 * @throws Error when the store has no rooms at all although images of the last days are recorded
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
  add: (batches: string[][], soFar: Plan) => Promise<void>,
  begun: Plan = { startedAt: Date.now(), rooms: {} },
): Promise<Plan> {
  const plan = structuredClone(begun);
  let images: ImageRow[] = [];
  let bad: Bad[] = [];

  const folders = (await store.topFolders(signal)).filter((folder) => isRoom(folder));
  if (folders.length === 0) await refuseEmptyStore(read, selection);
  for await (const found of selected(store, folders, selection, plan.after, timeZone, aliases, signal)) {
    // A folder may be called `constructor`, which every object has from its prototype.
    if (!Object.hasOwn(plan.rooms, found.room)) plan.rooms[found.room] = { total: 0, skipped: 0 };
    const room = plan.rooms[found.room] as Plan['rooms'][string];
    if (selection.maxPerRoom && room.total >= selection.maxPerRoom) continue;
    room.total++;
    plan.after = found.key;
    if ('reason' in found) bad.push(found);
    else images.push(found);
    if (images.length + bad.length === page) await endPage();
  }
  await endPage();
  return plan;

  async function endPage() {
    if (images.length + bad.length === 0) return;
    if (write) {
      await write(async (tx) => {
        await upsertImages(tx, images);
        await releaseListed(
          tx,
          images.map(({ key }) => key),
        );
        await quarantine(tx, bad);
      });
    }
    const keys = images.map(({ key }) => key);
    // Without rows there is no record of vectors, so every image is pending.
    const pending = write ? await pendingKeys(read, keys, modelId) : keys;
    const isPending = new Set(pending);
    for (const { room, key } of images) {
      if (!isPending.has(key)) (plan.rooms[room] as Plan['rooms'][string]).skipped++;
    }
    [images, bad] = [[], []];
    await add(chunks(pending, batchSize), plan);
  }
}

/** Every object in the selection after a key: an image, or a malformed key. */
async function* selected(
  store: ObjectStore,
  allFolders: string[],
  { from, to, since, rooms }: Selection,
  after: string | undefined,
  timeZone: string,
  aliases: Record<string, string>,
  signal: AbortSignal,
) {
  const folders = allFolders.filter((folder) => !rooms || rooms.includes(realRoom(folder, aliases)));
  const prefixes = daysBetween(from, to).flatMap((day) =>
    folders.map((folder) => `${folder}/${day.replaceAll('-', '')}/`),
  );
  const begun = prefixes.findIndex((prefix) => after?.startsWith(prefix));
  for (const [at, prefix] of prefixes.entries()) {
    if (at < begun) continue;
    for await (const object of store.list(prefix, { after: at === begun ? after : undefined, signal })) {
      const image = readKey(object, timeZone, aliases);
      if ('capturedAt' in image && since && image.capturedAt < since) continue;
      yield image;
    }
  }
}

const recentDays = 7;

/**
 * An idle farm's store may empty itself by age, but pictures of the last days do not vanish overnight: a disk is not
 * mounted, or the bucket is another one.
 */
async function refuseEmptyStore(read: Queryable, { from, to }: Selection): Promise<void> {
  const recent = await countImages(read, addDays(from, -recentDays), to);
  if (recent > 0)
    throw new Error(
      `The store is empty, but the database has ${recent} of its images from ${addDays(from, -recentDays)} on. Check IMAGE_DIR or S3_BUCKET, and that the disk is mounted.`,
    );
}

interface Bad {
  key: string;
  etag: string;
  bytes: number;
  room: string;
  reason: string;
  detail: string;
}

function readKey(
  { key, etag, size }: StoredObject,
  timeZone: string,
  aliases: Record<string, string>,
): ImageRow | Bad {
  try {
    return { ...parseImageKey(key, { timeZone, aliases }), etag, bytes: size };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    const folder = key.slice(0, key.indexOf('/'));
    const room = realRoom(folder, aliases);
    return { key, etag, bytes: size, room, reason: badKeyReason, detail: error.message };
  }
}

function chunks(keys: string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, n) =>
    keys.slice(n * size, (n + 1) * size),
  );
}
