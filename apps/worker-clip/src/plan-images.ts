import {
  badKeyReason,
  countImages,
  type ImageRow,
  listQuarantine,
  pendingKeys,
  type Queryable,
  quarantine,
  recordListed,
} from '@mycelium/database';
import { addDays, type Day, dayOf, isRoom, PermanentError, readImageKey, realRoom } from '@mycelium/farm';
import type { ObjectStore, StoredObject } from '@mycelium/storage';
import { listStretches, type SelectedDays, stretchesOf } from './stretches.ts';

export interface Selection extends SelectedDays {
  /** Only images captured at or after this instant. */
  since?: Date;
  maxPerRoom?: number;
}

/** The progress of planning, as JSON. */
export interface Plan {
  /** Milliseconds since 1970. */
  startedAt: number;
  /** Per room: how many images were listed, and how many of them already have a vector. */
  rooms: Record<string, { total: number; skipped: number }>;
  /** The images that came late, which are among the totals; undefined in the plan of an older worker. */
  late?: { images: number; days: Day[] };
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
  let found: Found[] = [];

  const folders = (await store.topFolders(signal)).filter((folder) => isRoom(folder));
  if (folders.length === 0) await refuseEmptyStore(read, selection);
  const stretches = stretchesOf(selection, folders, aliases);
  for await (const object of listStretches(store, stretches, plan.after, signal)) {
    plan.after = object.key;
    const image = { ...readKey(object, timeZone, aliases), late: object.late };
    if ('capturedAt' in image && selection.since && image.capturedAt < selection.since) continue;
    if (!image.late && !countListed(image.room)) continue;
    found.push(image);
    if (found.length === page) await endPage();
  }
  await endPage();
  return plan;

  /** @returns false when the room has as many images as were asked for */
  function countListed(room: string): boolean {
    const counts = countsOf(plan, room);
    if (selection.maxPerRoom && counts.total >= selection.maxPerRoom) return false;
    counts.total++;
    return true;
  }

  async function endPage() {
    if (found.length === 0) return;
    const images = found.filter((each): each is Listed => !('reason' in each));
    const keys = images.map(({ key }) => key);
    const bad = await newlyBad(read, found);
    if (write) {
      await write(async (tx) => {
        await recordListed(tx, images);
        await quarantine(tx, bad);
      });
    }
    // Without rows there is no record of vectors, so every image is pending.
    const pending = write ? await pendingKeys(read, keys, modelId) : keys;
    const isPending = new Set(pending);
    for (const { room, key, late } of images) {
      if (!late && !isPending.has(key)) countsOf(plan, room).skipped++;
    }
    countLate(plan, [...images.filter(({ key }) => isPending.has(key)), ...bad]);
    found = [];
    await add(chunks(pending, batchSize), plan);
  }
}

type Listed = ImageRow & { late: boolean };
type Found = Listed | (Bad & { late: boolean });

function countsOf({ rooms }: Plan, room: string): Plan['rooms'][string] {
  // A folder may be called `constructor`, which every object has from its prototype.
  if (!Object.hasOwn(rooms, room)) rooms[room] = { total: 0, skipped: 0 };
  return rooms[room] as Plan['rooms'][string];
}

/** Only what came late counts for the earlier days: nearly all of their images have had vectors for days. */
function countLate(plan: Plan, found: Found[]): void {
  const late = found.filter((each) => each.late);
  if (late.length === 0) return;
  for (const { room } of late) countsOf(plan, room).total++;
  const days = late.flatMap((each) => ('day' in each ? [each.day] : []));
  plan.late = {
    images: (plan.late?.images ?? 0) + late.length,
    days: [...new Set([...(plan.late?.days ?? []), ...days])].sort(),
  };
}

/** The objects with malformed keys, without those of earlier days that are in quarantine already. */
async function newlyBad(read: Queryable, found: Found[]) {
  const bad = found.filter((each) => 'reason' in each);
  const late = bad.filter((each) => each.late).map(({ key }) => key);
  const known = late.length === 0 ? [] : await listQuarantine(read, { keys: late, limit: late.length });
  const held = new Set(known.map(({ key, etag }) => `${etag} ${key}`));
  return bad.filter(({ key, etag, late }) => !late || !held.has(`${etag} ${key}`));
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
  { key, etag, size, modifiedAt }: StoredObject,
  timeZone: string,
  aliases: Record<string, string>,
): ImageRow | Bad {
  const image = readImageKey(key, { timeZone, aliases }, modifiedAt);
  if (!(image instanceof PermanentError)) return { ...image, etag, bytes: size };
  const room = realRoom(key.slice(0, key.indexOf('/')), aliases);
  return { key, etag, bytes: size, room, reason: badKeyReason, detail: image.message };
}

function chunks(keys: string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(keys.length / size) }, (_, n) =>
    keys.slice(n * size, (n + 1) * size),
  );
}
