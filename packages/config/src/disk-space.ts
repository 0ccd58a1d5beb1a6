import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from './settings.ts';

/** Bytes of the file system that holds a folder. */
export interface DiskSpace {
  path: string;
  free: number;
  size: number;
}

const gib = 1024 ** 3;
export const mib = 1024 ** 2;
/** Too little to leave alone. An alert closes only above the second line, so that it does not flap. */
const low = { opens: { bytes: 2 * gib, share: 0.1 }, closes: { bytes: 2.4 * gib, share: 0.12 } };

/** @param isOpen whether this was already reported */
export function isLow({ free, size }: Pick<DiskSpace, 'free' | 'size'>, isOpen = false): boolean {
  const { bytes, share } = isOpen ? low.closes : low.opens;
  return free < bytes || free < size * share;
}

/** The folders on this machine that a farm's data is written to. */
const foldersOf = ({ MYCELIUM_HOME, IMAGE_DIR, S3_ENDPOINT }: Config) =>
  S3_ENDPOINT || !IMAGE_DIR ? [MYCELIUM_HOME] : [MYCELIUM_HOME, IMAGE_DIR];

/** The fullest of the farm's disks on this machine. Servers elsewhere watch their own. */
export async function fullestDisk(config: Config): Promise<DiskSpace> {
  const spaces = await Promise.all(foldersOf(config).map(spaceAt));
  return spaces.reduce((fullest, space) => (space.free < fullest.free ? space : fullest));
}

async function spaceAt(path: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(path);
    return { path, free: bavail * bsize, size: blocks * bsize };
  } catch (error) {
    // A folder that does not exist yet will be on the disk of its parent.
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === path) throw error;
    return { ...(await spaceAt(parent)), path };
  }
}

/** @returns why nothing more may be written; undefined while there is room */
export async function fullDisk(config: Config): Promise<DiskSpace | undefined> {
  const fullest = await fullestDisk(config);
  return fullest.free < config.DISK_FLOOR_MIB * mib ? fullest : undefined;
}
