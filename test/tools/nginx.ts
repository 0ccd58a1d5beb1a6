import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@mycelium/embedded';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const program = 'usr/sbin/nginx';

interface TestContext {
  after(release: () => unknown): void;
}

/** Finds the installed nginx, or else unpacks Debian's into the home. */
async function findNginx(home: string): Promise<string> {
  const installed = await findProgram('nginx');
  if (installed) return installed;
  const folder = await unpackTestTool(home, 'nginx', {
    packages: ['nginx'],
    leaveOut:
      /^(systemd|dbus|debconf|init-system|sysvinit|mount$|mawk|base-files|procps|perl|iproute2|libpam-)/,
    programs: [program],
    marker: program,
  });
  return join(folder, program);
}

/** @param server the content of `server { … }`, without `listen`. @returns the address visitors use */
export async function startNginx(t: TestContext, home: string, server: string): Promise<string> {
  const nginx = await findNginx(home);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-nginx-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'logs'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n');
  const isRoot = process.getuid?.() === 0;
  const file = join(folder, 'nginx.conf');
  await writeFile(
    file,
    `${isRoot ? 'user root;' : ''}
daemon off;
pid ${folder}/pid;
error_log stderr;
events {}
http {
  access_log off;
  ${temporary}
  server {
    listen 127.0.0.1:${port};
    ${server}
  }
}
`,
  );
  const child: ChildProcess = spawn(nginx, ['-p', folder, '-e', 'stderr', '-c', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  const address = `http://127.0.0.1:${port}`;
  while (!(await fetch(address).catch(() => undefined))) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return address;
}
