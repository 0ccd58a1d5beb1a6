import { chmod, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder and those above it that are missing, with this very mode: `mkdir` alone heeds the umask. */
export async function makeFolder(path: string, mode: number): Promise<void> {
  const topmost = await mkdir(path, { recursive: true });
  if (!topmost) return;
  for (let made = path; made.length >= topmost.length; made = dirname(made)) await chmod(made, mode);
}
