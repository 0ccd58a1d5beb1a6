import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolders } from '@mycelium/config/folders';

/** Creates a folder and its missing parents with exactly this mode; `mkdir` alone applies the umask. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const topmost = await makeFolders(path);
  if (!topmost) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) await chmod(made, mode);
}
