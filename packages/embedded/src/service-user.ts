import { chown, readFile, realpath, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { output } from './command.ts';
import { makeFolder } from './folder.ts';

export interface ServiceUser {
  name: string;
  /** Only when the servers must not run as the user who starts them. */
  ids?: { uid: number; gid: number };
}

/** PostgreSQL refuses to run as root, so root's servers run as `postgres`, or as `nobody` where that is missing. */
export async function findServiceUser(): Promise<ServiceUser> {
  if (process.getuid?.() !== 0) return { name: 'the present user' };
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(accounts) ?? [];
    if (uid && gid) return { name, ids: { uid: Number(uid), gid: Number(gid) } };
  }
  throw new Error(
    'PostgreSQL cannot run as root, and this machine has no user `postgres` or `nobody` to run it as.',
  );
}

/**
 * Makes the home, and sees that the servers' user can enter it: a folder below /root usually cannot be. Gives the
 * home's one true path, by which its servers are known again.
 */
export async function prepareHome(path: string, user: ServiceUser): Promise<string> {
  const home = resolve(path);
  const shared = user.ids !== undefined;
  await makeFolder(home, shared ? 0o755 : 0o700);
  if (!shared) return realpath(home);
  await output('/bin/sh', ['-c', 'cd "$1"', 'sh', home], { cwd: '/', user }).catch((cause) => {
    throw new Error(
      `The servers run as user ${user.name}, which cannot enter ${home}. ` +
        'Set MYCELIUM_HOME to a folder that every user can enter, such as /var/lib/mycelium.',
      { cause },
    );
  });
  return realpath(home);
}

/** A folder that only the servers' user can read. */
export async function privateFolder(path: string, user: ServiceUser): Promise<string> {
  await makeFolder(path, 0o700);
  if (user.ids && (await stat(path)).uid !== user.ids.uid) await chown(path, user.ids.uid, user.ids.gid);
  return path;
}
