import { globSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findProgram, output } from './command.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { prepareHome, servicesFolder } from './home.ts';
import { DEBIAN_SERVERS } from './server-programs.ts';
import { findServiceUser } from './service-user.ts';

interface WantedClients {
  /** The folder of `npm start`, where programs are unpacked. */
  home: string;
  /** Major version of the server: older programs cannot dump a newer server. */
  major: number;
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

/**
 * Finds pg_dump and pg_restore, installed or unpacked, or else unpacks them.
 * @returns their folder
 * @throws Error that says what to install
 */
export async function findPostgresClients({
  home,
  major,
  onProgress,
  signal,
}: WantedClients): Promise<string> {
  const folder = join(await servicesFolder(await prepareHome(home, await findServiceUser())), 'servers');
  const found = await findClients(folder, major);
  if (found) return found;
  const missing = `This machine has no pg_dump ${major} or newer. Install PostgreSQL's client programs, such as with \`apt install postgresql-client-${major}\``;
  await unpackDebianPackages({
    ...DEBIAN_SERVERS,
    folder,
    signal,
    onProgress: (step) => onProgress?.(`Getting PostgreSQL's programs, once: ${step}`),
  }).catch((cause: Error) => {
    throw cause.name === 'AbortError' ? cause : new Error(`${missing}.`, { cause });
  });
  const unpacked = await findClients(folder, major);
  if (unpacked) return unpacked;
  throw new Error(`${missing}; those of Debian are older.`);
}

async function findClients(folder: string, least: number): Promise<string | undefined> {
  const onPath = await findProgram('pg_dump');
  const places = [
    ...globSync(join(folder, 'usr/lib/postgresql/*/bin')),
    ...globSync(['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin']).sort(),
    ...(onPath ? [dirname(onPath)] : []),
  ];
  for (const bin of places) {
    const version = await output(join(bin, 'pg_dump'), ['--version']).catch(() => '');
    if (Number(/(\d+)[.\d]*/.exec(version)?.[1]) >= least) return bin;
  }
  return undefined;
}
