import { chown, readFile, stat } from 'node:fs/promises';
import { makeFolder } from './folder.ts';

export interface ServiceUser {
  name: string;
  /** Set only if the servers must not run as the current user. */
  ids?: { uid: number; gid: number };
}

/**
 * PostgreSQL refuses to run as root, so root's servers run as `postgres`, or as `nobody` if that user does not exist.
 */
export async function findServiceUser(): Promise<ServiceUser> {
  if (process.getuid?.() !== 0) return { name: 'the current user' };
  const accounts = await readFile('/etc/passwd', 'utf8').catch(() => '');
  for (const name of ['postgres', 'nobody']) {
    const [, uid, gid] = new RegExp(`^${name}:[^:]*:(\\d+):(\\d+):`, 'm').exec(accounts) ?? [];
    if (uid && gid) return { name, ids: { uid: Number(uid), gid: Number(gid) } };
  }
  throw new Error(
    'PostgreSQL cannot run as root, and this machine has no user `postgres` or `nobody`. Add one, or start as another user.',
  );
}

/** A folder that only the servers' user can read. */
export async function privateFolder(path: string, user: ServiceUser): Promise<string> {
  await makeFolder(path, 0o700);
  if (user.ids && (await stat(path)).uid !== user.ids.uid) await chown(path, user.ids.uid, user.ids.gid);
  return path;
}
