import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates the folder that a setting names, and its missing parents. Node's `mkdir` with `recursive` does not return
 * where the system answers ENOENT to a folder that it will never create, as in /proc, and then nothing can be stopped.
 * @returns the topmost folder that was created; undefined if it was there
 * @throws the system's error
 */
export async function makeFolders(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    if (await isFolder(path)) return undefined;
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    const topmost = await makeFolders(parent);
    await mkdir(path).catch(async (second) => {
      if (!(await isFolder(path))) throw second; // else another process was faster
    });
    return topmost ?? path;
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
