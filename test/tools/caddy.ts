import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@mycelium/embedded';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const program = 'usr/bin/caddy';

interface TestContext {
  after(release: () => unknown): void;
}

/** Finds the installed Caddy, or else unpacks Debian's into the home. */
async function findCaddy(home: string): Promise<string> {
  const installed = await findProgram('caddy');
  if (installed) return installed;
  const folder = await unpackTestTool(home, 'caddy', {
    packages: ['caddy'],
    leaveOut: /^(?!(caddy|patchelf|libc6|libgcc-s1|libstdc\+\+6)$)/,
    programs: [program],
    marker: program,
  });
  return join(folder, program);
}

/** Starts Caddy with TLS by a certificate of its own. @param site the content of its site. @returns its address */
export async function startCaddy(t: TestContext, home: string, site: string): Promise<string> {
  const caddy = await findCaddy(home);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-caddy-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const address = `https://localhost:${await freePort()}`;
  const file = join(folder, 'Caddyfile');
  await writeFile(
    file,
    `{
  admin off
  auto_https disable_redirects
  skip_install_trust
}
${address} {
  bind 127.0.0.1
  tls internal
  ${site}
}
`,
  );
  const child: ChildProcess = spawn(caddy, ['run', '--config', file, '--adapter', 'caddyfile'], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
  });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  while (!(await answers(address))) {
    if (child.exitCode !== null) throw new Error(`Caddy ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return address;
}

/** Nobody has signed its certificate. */
const answers = (address: string) =>
  new Promise<boolean>((resolve) => {
    get(address, { rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve(true);
    }).on('error', () => resolve(false));
  });
