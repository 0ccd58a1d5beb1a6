import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from '../command.ts';
import { prepareHome } from '../home.ts';
import { SERVER_ENVIRONMENT } from '../server-options.ts';
import { findServiceUser, privateFolder } from '../service-user.ts';
import { testPrograms } from './test-programs.ts';

/**
 * Copies the data of a running PostgreSQL into another home, from where `startServices` starts it as a replica.
 * @param primary the home of the server, with a fixed port
 */
export async function copyAsReplica(
  primary: { home: string; databaseUrl: string },
  replicaHome: string,
): Promise<void> {
  const user = await findServiceUser();
  const home = await prepareHome(replicaHome, user);
  const { postgresBin } = await testPrograms(home);
  const url = new URL(primary.databaseUrl);
  const folder = join(home, 'postgres');
  await privateFolder(folder, user);
  await output(
    join(postgresBin, 'pg_basebackup'),
    [
      '--wal-method=stream',
      '--checkpoint=fast',
      '--write-recovery-conf',
      '-D',
      join(folder, 'data'),
      '-d',
      url.href,
    ],
    { cwd: '/', user, env: SERVER_ENVIRONMENT },
  );
  // The roles are the same, and so are their passwords.
  await copyFile(join(primary.home, 'servers.json'), join(home, 'servers.json'));
}
