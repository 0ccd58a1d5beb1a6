import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processIdentity } from './process-identity.ts';

export class HomeInUse extends Error {
  readonly pid: number;
  constructor(home: string, pid: number) {
    super(
      `Mycelium already runs on ${home} (process ${pid}). Stop that one first, or set MYCELIUM_HOME to another folder.`,
    );
    this.name = 'HomeInUse';
    this.pid = pid;
  }
}

interface Holder {
  pid: number;
  identity: string;
}

/**
 * One process at a time may run servers on a home. The lock names its holder, so that a lock left behind by a crash
 * is known as such and taken over. Returns the function that gives it back. Throws HomeInUse.
 */
export async function lockHome(home: string): Promise<() => Promise<void>> {
  const lock = join(home, 'lock');
  const mine = join(home, `lock.${process.pid}`);
  const holder: Holder = { pid: process.pid, identity: (await processIdentity(process.pid)) ?? '' };
  await writeFile(mine, JSON.stringify(holder));
  try {
    // A hard link is made whole or not at all, so nobody ever reads half a lock.
    while (!(await link(mine, lock).then(() => true, ifExists))) {
      const left = await readFile(lock, 'utf8').catch(() => '');
      const other = parse(left);
      if (other && (await processIdentity(other.pid)) === other.identity)
        throw new HomeInUse(home, other.pid);
      await takeAway(lock, left, mine);
    }
  } finally {
    await rm(mine, { force: true });
  }
  return () => rm(lock, { force: true });
}

function ifExists(error: NodeJS.ErrnoException): false {
  if (error.code === 'EEXIST') return false;
  throw error;
}

function parse(text: string): Holder | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Removes a dead holder's lock, and puts it back if another process took it over in the meantime. */
async function takeAway(lock: string, content: string, mine: string): Promise<void> {
  const aside = `${mine}.old`;
  const moved = await rename(lock, aside).then(
    () => true,
    () => false,
  );
  if (!moved) return;
  if ((await readFile(aside, 'utf8')) !== content) await link(aside, lock).catch(() => {});
  await rm(aside, { force: true });
}
