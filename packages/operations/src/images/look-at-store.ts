import { type ImageRow, imageIds, upsertImages } from '@mycelium/database';
import { type Day, isRoom, PermanentError, parseImageKey, realRoom } from '@mycelium/farm';
import type { ObjectStore, StoredObject } from '@mycelium/storage';
import type { Operations } from '../operations.ts';

export interface StoreLook {
  /** Images listed on these days. */
  images: number;
  /** Images that are new in the database, or in a new version. */
  recorded: number;
  /** Objects whose keys are not image keys. The nightly run quarantines them. */
  unreadable: number;
  /** Examples of those. */
  examples: { key: string; reason: string }[];
}

type LookTools = Pick<Operations, 'pool' | 'timeZone' | 'aliases'> & { store: ObjectStore };

const page = 1_000;
const foldersAtOnce = 8;
const mostExamples = 20;

/**
 * Updates the table `image` from the store for these days, inclusive. Lists each room's folder once, from the first day
 * to the last: about one request per 1,000 images, however many days there are.
 * @throws StoreError
 */
export async function lookAtStore(
  tools: LookTools,
  { from, to, rooms }: { from: Day; to: Day; rooms?: readonly string[] | undefined },
  signal?: AbortSignal,
): Promise<StoreLook> {
  const look: StoreLook = { images: 0, recorded: 0, unreadable: 0, examples: [] };
  const { store, aliases } = tools;
  const folders = (await store.topFolders(signal)).filter(
    (folder) => isRoom(folder) && (!rooms || rooms.includes(realRoom(folder, aliases))),
  );
  const lookAtNext = async () => {
    for (let folder = folders.shift(); folder; folder = folders.shift()) {
      await lookAtFolder(tools, folder, { from: digits(from), to: digits(to) }, look, signal);
    }
  };
  await Promise.all(Array.from({ length: foldersAtOnce }, lookAtNext));
  return look;
}

async function lookAtFolder(
  tools: LookTools,
  folder: string,
  { from, to }: { from: string; to: string },
  look: StoreLook,
  signal: AbortSignal | undefined,
): Promise<void> {
  let images: ImageRow[] = [];
  for await (const object of tools.store.list(`${folder}/`, { after: `${folder}/${from}`, signal })) {
    const date = object.key.slice(folder.length + 1).split('/')[0] as string;
    if (date > to) break;
    const image = readObject(tools, object, look);
    if (!image) continue;
    images.push(image);
    look.images++;
    if (images.length < page) continue;
    await record(tools, images, look);
    images = [];
  }
  await record(tools, images, look);
}

function readObject(rules: LookTools, { key, etag, size }: StoredObject, look: StoreLook) {
  try {
    return { ...parseImageKey(key, rules), etag, bytes: size };
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    look.unreadable++;
    if (look.examples.length < mostExamples) look.examples.push({ key, reason: error.reason });
    return undefined;
  }
}

/** Writes only new and replaced images: most of the listed ones are already recorded. */
async function record({ pool }: LookTools, images: ImageRow[], look: StoreLook): Promise<void> {
  if (images.length === 0) return;
  const known = await imageIds(
    pool,
    images.map(({ key }) => key),
  );
  const news = images.filter(({ key, etag }) => known.get(key)?.etag !== etag);
  if (news.length > 0) await upsertImages(pool, news);
  look.recorded += news.length;
}

function digits(day: Day): string {
  return day.replaceAll('-', '');
}
