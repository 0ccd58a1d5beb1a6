import { realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { output } from './command.ts';
import { makeFolder } from './folder.ts';
import type { ServiceUser } from './service-user.ts';

/**
 * Creates the home and checks that the servers' user can enter it, which is usually impossible in /root.
 * @returns the home's real path, which later identifies its servers
 */
export async function prepareHome(path: string, user: ServiceUser): Promise<string> {
  const home = resolve(path);
  const shared = user.ids !== undefined;
  await makeFolder(home, shared ? 0o755 : 0o700).catch((cause: Error) => {
    throw new Error(
      `The folder ${home} cannot be created (${cause.message}). Set MYCELIUM_HOME to another one.`,
      {
        cause,
      },
    );
  });
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

/** The real path of the folder of unpacked programs: they depend on it, and a test's home links to another home's. */
export async function servicesFolder(home: string): Promise<string> {
  const folder = join(home, 'services');
  await makeFolder(folder, 0o755);
  return realpath(folder);
}
