import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const program = 'usr/bin/openssl';

/** Runs the installed openssl, or else Debian's unpacked into the home. */
export async function openssl(home: string, args: string[]): Promise<void> {
  const installed = await findProgram('openssl');
  if (installed) execFileSync(installed, args, { stdio: 'ignore' });
  else {
    const folder = await unpackTestTool(home, 'openssl', {
      packages: ['openssl'],
      leaveOut: /^(debconf|perl)/,
      programs: [program],
      marker: program,
    });
    const env = { OPENSSL_CONF: join(folder, 'etc/ssl/openssl.cnf') };
    execFileSync(join(folder, program), args, { stdio: 'ignore', env });
  }
}
