import {
  type ImageRow,
  type ImageToEmbed,
  imagesToEmbed,
  missingReason,
  quarantine,
  recordListed,
} from '@mycelium/database';
import { type Day, dayDigits, isRoom, PermanentError, readImageKey, realRoom } from '@mycelium/farm';
import type { ObjectStore, StoredObject } from '@mycelium/storage';
import type { Operations } from '../operations.ts';

export interface StoreLook {
  /** Objects whose keys are not image keys. The nightly run quarantines them. */
  unreadable: number;
  /** Some of those, and what is wrong with them: a sentence that names the key. */
  examples: { key: string; detail: string }[];
  /**
   * Days of which the store lists no image, although the database has some without a vector. None of them is
   * quarantined: it is more likely that the bucket or folder is the wrong one.
   */
  emptyDays: Day[];
}

type LookTools = Pick<Operations, 'pool' | 'timeZone' | 'aliases'> & { store: ObjectStore };

export interface LookRange {
  from: Day;
  to: Day;
  rooms?: readonly string[] | undefined;
  /** The key of the model whose vectors count; null before the first one. */
  model: string | null;
}

interface Look extends StoreLook {
  /** Images that need a vector and have not been listed so far. */
  unlisted: Map<string, ImageToEmbed>;
  listedDays: Set<Day>;
}

const page = 1_000;
const foldersAtOnce = 8;
const mostExamples = 20;

/**
 * Updates the table `image` from the store for these days, inclusive, and quarantines images that need a vector but are
 * gone. Lists each room's folder once, from the first day to the last: about one request per 1,000 images, however many
 * days there are.
 * @throws StoreError
 */
export async function lookAtStore(
  tools: LookTools,
  { from, to, rooms, model }: LookRange,
  signal?: AbortSignal,
): Promise<StoreLook> {
  const { pool, store, aliases } = tools;
  // Read before the listing, so that an image recorded meanwhile is not taken for a gone one.
  const recorded = await imagesToEmbed(pool, { from, to, rooms, model });
  const look: Look = {
    unreadable: 0,
    examples: [],
    emptyDays: [],
    unlisted: new Map(recorded.map((image) => [image.key, image])),
    listedDays: new Set(),
  };
  const folders = (await store.topFolders(signal)).filter(
    (folder) => isRoom(folder) && (!rooms || rooms.includes(realRoom(folder, aliases))),
  );
  const lookAtNext = async () => {
    for (let folder = folders.shift(); folder; folder = folders.shift()) {
      await lookAtFolder(tools, folder, { from: dayDigits(from), to: dayDigits(to) }, look, signal);
    }
  };
  await Promise.all(Array.from({ length: foldersAtOnce }, lookAtNext));
  const { unreadable, examples } = look;
  return { unreadable, examples, emptyDays: await quarantineGone(tools, look) };
}

async function lookAtFolder(
  tools: LookTools,
  folder: string,
  { from, to }: { from: string; to: string },
  look: Look,
  signal: AbortSignal | undefined,
): Promise<void> {
  let images: ImageRow[] = [];
  for await (const object of tools.store.list(`${folder}/`, { after: `${folder}/${from}`, signal })) {
    const date = object.key.slice(folder.length + 1).split('/')[0] as string;
    if (date > to) break;
    look.unlisted.delete(object.key);
    const image = readObject(tools, object, look);
    if (!image) continue;
    look.listedDays.add(image.day);
    images.push(image);
    if (images.length < page) continue;
    await recordListed(tools.pool, images);
    images = [];
  }
  await recordListed(tools.pool, images);
}

function readObject(rules: LookTools, { key, etag, size, modifiedAt }: StoredObject, look: Look) {
  const image = readImageKey(key, rules, modifiedAt);
  if (!(image instanceof PermanentError)) return { ...image, etag, bytes: size };
  look.unreadable++;
  if (look.examples.length < mostExamples) look.examples.push({ key, detail: image.message });
  return undefined;
}

/** Quarantines what a complete listing did not have. @returns the days that are left alone */
async function quarantineGone({ pool }: LookTools, { unlisted, listedDays }: Look): Promise<Day[]> {
  const gone = [...unlisted.values()].filter(({ day }) => listedDays.has(day));
  for (let at = 0; at < gone.length; at += page) {
    const rows = gone.slice(at, at + page).map(({ key, etag, bytes }) => ({ key, etag, bytes }));
    const detail = 'the image was removed from the store before it had a vector';
    await quarantine(
      pool,
      rows.map((row) => ({ ...row, reason: missingReason, detail })),
    );
  }
  const days = [...unlisted.values()].map(({ day }) => day);
  return [...new Set(days)].filter((day) => !listedDays.has(day)).sort();
}
