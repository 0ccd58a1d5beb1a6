import { join } from 'node:path';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const program = 'usr/bin/ip';

/** Finds the installed `ip`, which makes network namespaces, or else unpacks Debian's into the home. */
export async function findIp(home: string): Promise<string> {
  const installed = await findProgram('ip');
  if (installed) return installed;
  const folder = await unpackTestTool(home, 'iproute2', {
    packages: ['iproute2'],
    leaveOut: /^(debconf|perl|libpam-)/,
    programs: [program],
    marker: program,
  });
  return join(folder, program);
}
