import { chmod, mkdtemp, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareHome, servicesFolder } from '../home.ts';
import { isRunning } from '../process-identity.ts';
import { findServiceUser } from '../service-user.ts';
import { discardHome } from '../services.ts';

/**
 * Creates an empty home inside another one, for tests. It shares only the unpacked servers, which take a while to
 * download. `discardHome` removes it. This function also removes homes that killed processes left.
 */
export async function createTestHome(outerHome: string): Promise<string> {
  const user = await findServiceUser();
  const outer = await prepareHome(outerHome, user);
  await discardAbandoned(outer);
  const home = await mkdtemp(join(outer, `test-${process.pid}-`));
  if (user.ids) await chmod(home, 0o755); // the servers' user must enter it
  await symlink(await servicesFolder(outer), join(home, 'services'));
  return home;
}

async function discardAbandoned(outer: string): Promise<void> {
  for (const name of await readdir(outer)) {
    const pid = Number(/^test-(\d+)-/.exec(name)?.[1]);
    if (!pid || isRunning(pid)) continue;
    await discardHome(join(outer, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'HOME_IN_USE') throw error; // another test is at it
    });
  }
}
