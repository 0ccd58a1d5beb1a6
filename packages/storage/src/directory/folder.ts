import type { BigIntStats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import { type StoreError, storeUnavailable } from '../store-errors.ts';

/** Whatever is missing from the folder proves nothing unless the folder itself is there: its disk may be unmounted. */
export async function assertFolder(root: string): Promise<void> {
  const stats = await stat(root).catch((error: unknown) => {
    throw unavailable(`the image folder ${root}`, error);
  });
  if (!stats.isDirectory()) throw storeUnavailable(`the image folder ${root} is not a folder`);
}

export async function statsOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw unavailable(`looking at ${path}`, error);
  }
}

/** No such file, a file where a folder would be, a link, or a name the file system does not allow. */
export function isAbsence(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ENXIO'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

export function unavailable(what: string, error: unknown): StoreError {
  return storeUnavailable(`${what}: ${(error as Error).message}`, { cause: error });
}
