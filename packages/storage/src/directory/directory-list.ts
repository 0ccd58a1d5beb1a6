import type { BigIntStats, Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { whyNotObjectKey } from '../object-key.ts';
import type { ListOptions, StoredObject } from '../object-store.ts';
import { assertFolder, isAbsence, statsOf, unavailable } from './folder.ts';

/**
 * Walks the folder in the order of the keys' UTF-8 bytes, like an S3 listing, and holds only one folder's names per
 * level. Skips links, unfinished files and names that are not valid keys.
 */
export async function* listDirectory(
  root: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<StoredObject> {
  // Start at the deepest folder that the prefix contains in full.
  const folder = prefix.slice(0, prefix.lastIndexOf('/') + 1);
  if (folder !== '' && whyNotObjectKey(folder.slice(0, -1))) return;
  if (await leadsThroughLink(root, folder)) return;
  yield* walk(root, folder, prefix, options);
}

async function* walk(
  root: string,
  folder: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<StoredObject> {
  const { after = '', signal } = options;
  signal?.throwIfAborted();
  const names = await namesIn(root, folder);
  let files: string[] = [];
  for (const name of names) {
    const key = folder + name;
    if (!key.startsWith(prefix)) continue;
    // A folder sorts before the key even when the key is inside it.
    if (isNotAfter(key, after) && !(name.endsWith('/') && after.startsWith(key))) continue;
    if (!name.endsWith('/')) files.push(key);
    if (name.endsWith('/') || files.length === 64) {
      yield* describeFiles(root, files, signal);
      files = [];
    }
    if (name.endsWith('/')) yield* walk(root, key, prefix, options);
  }
  yield* describeFiles(root, files, signal);
}

const isNotAfter = (key: string, after: string) => Buffer.compare(Buffer.from(key), Buffer.from(after)) <= 0;

/** The first part of every key. */
export async function listTopFolders(root: string): Promise<string[]> {
  return (await namesIn(root, '')).filter((name) => name.endsWith('/')).map((name) => name.slice(0, -1));
}

/** The folder's files and folders in key order. A folder's name ends in `/`, because its keys are sorted that way. */
async function namesIn(root: string, folder: string): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(root, folder), { withFileTypes: true });
  } catch (error) {
    if (!isAbsence(error)) throw unavailable(`listing the image folder ${root}`, error);
    // A folder that is missing, or was deleted while we walked, has no objects, unless the whole store is missing.
    await assertFolder(root);
    return [];
  }
  return entries
    .filter((entry) => entry.isFile() || entry.isDirectory())
    .filter(({ name }) => !isTempName(name) && !whyNotObjectKey(name))
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
    .map((name) => ({ name, bytes: Buffer.from(name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
    .map(({ name }) => name);
}

async function* describeFiles(
  root: string,
  keys: string[],
  signal: AbortSignal | undefined,
): AsyncGenerator<StoredObject> {
  // Undefined when it was deleted since its folder was read.
  const all = await Promise.all(keys.map((key) => statsOf(join(root, key))));
  if (all.includes(undefined)) await assertFolder(root);
  for (const [n, stats] of all.entries()) {
    signal?.throwIfAborted();
    if (stats?.isFile()) yield describeFile(keys[n] as string, stats);
  }
}

async function leadsThroughLink(root: string, folder: string): Promise<boolean> {
  const segments = folder.split('/').slice(0, -1);
  for (let n = 1; n <= segments.length; n++) {
    const stats = await statsOf(join(root, ...segments.slice(0, n)));
    if (stats?.isSymbolicLink()) return true;
  }
  return false;
}

/**
 * The etag is the size and the modification time in nanoseconds. A hash of the content would be more reliable, but then
 * listing a day would read all its images. Inode or ctime would catch a replacement with the same size and time, but
 * they change on network mounts and when an archive is restored, and every image would look replaced.
 */
export function describeFile(key: string, stats: BigIntStats): StoredObject {
  return {
    key,
    size: Number(stats.size),
    etag: `${stats.size.toString(16)}-${stats.mtimeNs.toString(16)}`,
    modifiedAt: stats.mtime,
  };
}

/** Unfinished files are next to their target, on the same file system. One left by a crash is never listed. */
export function tempName(unique: string): string {
  return `.mycelium-${unique}.tmp`;
}

export function isTempName(name: string): boolean {
  return name.startsWith('.mycelium-');
}
