import { createHash } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';

/** Another process is running servers on this home. */
const homeInUse = (home: string, pid: number) =>
  Object.assign(
    new Error(
      `Mycelium already runs on ${home} (process ${pid}). Stop that one first, or set MYCELIUM_HOME to another folder.`,
    ),
    { code: 'HOME_IN_USE' },
  );

/**
 * One process at a time may run servers on a home. Each process first creates a file with its own name, then looks for
 * other files. So if two start at once, the later one sees the earlier one's file: both may be refused, but never
 * both accepted. The name identifies the process, so a file that a crash left behind is recognised and removed.
 * @returns a function that releases the home
 * @throws Error with the code HOME_IN_USE
 */
export async function lockHome(home: string): Promise<() => Promise<void>> {
  const mine = (await lockName(process.pid)) ?? `lock.${process.pid}`;
  await writeFile(join(home, mine), '', { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? homeInUse(home, process.pid) : error;
  });
  const unlock = () => rm(join(home, mine), { force: true });
  for (const name of await readdir(home)) {
    const pid = Number(/^lock\.(\d+)\b/.exec(name)?.[1]);
    if (!pid || name === mine) continue;
    if ((await lockName(pid)) === name) {
      await unlock();
      throw homeInUse(home, pid);
    }
    await rm(join(home, name), { force: true });
  }
  return unlock;
}

async function lockName(pid: number): Promise<string | undefined> {
  const identity = await processIdentity(pid);
  return identity && `lock.${pid}.${createHash('sha256').update(identity).digest('hex').slice(0, 12)}`;
}
