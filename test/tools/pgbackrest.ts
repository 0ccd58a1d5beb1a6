import { join } from 'node:path';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const program = 'usr/bin/pgbackrest';

/** Finds the installed pgBackRest, or else unpacks Debian's into the home. */
export async function findPgBackRest(home: string): Promise<string> {
  const installed = await findProgram('pgbackrest');
  if (installed) return installed;
  const folder = await unpackTestTool(home, 'pgbackrest', {
    packages: ['pgbackrest'],
    leaveOut:
      /^(systemd|dbus|debconf|init-system|sysvinit|mount$|mawk|base-files|procps|perl|iproute2|libpam-|postgresql-common|postgresql-client-common|libperl|lib.*-perl$|adduser|passwd|ssl-cert|openssl$)/,
    programs: [program],
    marker: program,
  });
  return join(folder, program);
}
