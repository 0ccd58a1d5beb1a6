import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, utimes } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { makeFolders } from '@mycelium/config/folders';
import { assertObjectKey } from '../object-key.ts';
import type { ManagedStore, ObjectBytes } from '../object-store.ts';
import { invalidObjectKey, objectNotFound, objectTooLarge, StoreError } from '../store-errors.ts';
import { describeFile, isTempName, listDirectory, listTopFolders, tempName } from './directory-list.ts';
import { assertFolder, isAbsence, statsOf, unavailable } from './folder.ts';

/**
 * A folder of images as a store: the key is the path inside it. Symbolic links are not objects and are not followed,
 * except that the folder itself may be one. Unlike in S3, a key cannot also be a prefix folder of other keys.
 */
export function directoryStore(
  directory: string,
  { maxObjectBytes = 64 * 2 ** 20 }: { maxObjectBytes?: number } = {},
): ManagedStore {
  const root = resolve(directory);

  return {
    async *list(prefix, options = {}) {
      await assertFolder(root);
      yield* listDirectory(root, prefix, options);
    },

    async topFolders(signal) {
      signal?.throwIfAborted();
      await assertFolder(root);
      return listTopFolders(root);
    },

    async read(key, signal) {
      signal?.throwIfAborted();
      return readFile(root, key, maxObjectBytes, signal);
    },

    async stat(key, signal) {
      signal?.throwIfAborted();
      const path = pathOf(root, key);
      if (!(await isReachable(root, key))) return undefined;
      const stats = await statsOf(path);
      if (!stats) await assertFolder(root);
      return stats?.isFile() ? describeFile(key, stats) : undefined;
    },

    async write(key, bytes, { signal } = {}) {
      signal?.throwIfAborted();
      await writeFile(root, key, bytes, signal);
    },

    async probe(signal) {
      signal?.throwIfAborted();
      await assertFolder(root);
    },

    async ensureBucket(signal) {
      signal?.throwIfAborted();
      await makeFolders(root).catch((error: unknown) => {
        throw unavailable(`the image folder ${root}`, error);
      });
    },

    async remove(key, signal) {
      signal?.throwIfAborted();
      const path = pathOf(root, key);
      if (!(await isReachable(root, key))) return;
      await rm(path, { force: true }).catch((error: unknown) => {
        throw unavailable(`the image folder ${root}`, error);
      });
    },

    describe: () => `folder ${root}`,
  };
}

/** The bytes of an object, with the etag of exactly these bytes. */
async function readFile(
  root: string,
  key: string,
  maxObjectBytes: number,
  signal: AbortSignal | undefined,
): Promise<ObjectBytes> {
  const path = pathOf(root, key);
  if (!(await isReachable(root, key))) throw objectNotFound(key);
  // NONBLOCK: opening a named pipe in the folder would wait for its writer forever.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(async (error: unknown) => {
    if (!isAbsence(error)) throw unavailable(`reading ${key}`, error);
    // An unmounted disk must not look like a deleted image.
    await assertFolder(root);
    throw objectNotFound(key);
  });
  try {
    // The stats of the open file: a replacement is a new file, so these bytes and this etag belong together.
    const stats = await file.stat({ bigint: true });
    if (!stats.isFile()) throw objectNotFound(key);
    if (stats.size > maxObjectBytes) throw objectTooLarge(key, maxObjectBytes);
    const bytes = await file.readFile(signal ? { signal } : {});
    return { bytes, etag: describeFile(key, stats).etag };
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof StoreError ? error : unavailable(`reading ${key}`, error);
  } finally {
    await file.close();
  }
}

/** Writes a temporary file and renames it, so that no one reads half an image. */
async function writeFile(
  root: string,
  key: string,
  bytes: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = pathOf(root, key);
  await assertFolder(root);
  if (!(await isReachable(root, key)))
    throw invalidObjectKey(key, 'a part of its path is a file or a symbolic link');
  const temp = join(dirname(path), tempName(randomUUID()));
  try {
    await makeFolders(dirname(path));
    const file = await open(temp, 'wx');
    try {
      await file.writeFile(bytes, signal ? { signal } : {});
    } finally {
      await file.close();
    }
    await makeNewer(temp, path);
    await rename(temp, path);
  } catch (error) {
    await rm(temp, { force: true }).catch(() => {});
    throw whyNotWritten(key, error, signal);
  }
}

function pathOf(root: string, key: string): string {
  assertObjectKey(key);
  if (key.split('/').some(isTempName))
    throw invalidObjectKey(key, 'the name is reserved for unfinished files');
  return join(root, key);
}

/** False when a part of the path to the object is a link or a file. Folders that do not exist yet are fine. */
async function isReachable(root: string, key: string): Promise<boolean> {
  let path = root;
  for (const segment of key.split('/').slice(0, -1)) {
    path += sep + segment;
    const stats = await statsOf(path);
    if (!stats) return true;
    if (!stats.isDirectory()) return false;
  }
  return true;
}

/**
 * Moves the modification time past the old one. The etag is size and time, and the file system's clock may stand still
 * for some milliseconds: an image replaced by one of the same size within that time would look unchanged.
 */
async function makeNewer(temp: string, path: string): Promise<void> {
  const [fresh, old] = await Promise.all([statsOf(temp), statsOf(path)]);
  if (!fresh || !old || fresh.mtimeNs > old.mtimeNs || fresh.size !== old.size) return;
  const later = new Date(Number(old.mtimeMs) + 1);
  await utimes(temp, later, later);
}

function whyNotWritten(key: string, error: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EISDIR') return invalidObjectKey(key, 'it is the folder of other objects');
  if (code === 'ENOTDIR' || code === 'EEXIST') return invalidObjectKey(key, 'its folder is an object');
  if (code === 'ENAMETOOLONG') return invalidObjectKey(key, 'the name is too long for the file system');
  return unavailable(`writing ${key}`, error);
}
