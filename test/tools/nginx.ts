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
  return (await startNginxToKill(t, home, server)).address;
}

/** The same. `kill` kills it with its workers; `start` starts it again at the same address. */
export async function startNginxToKill(t: TestContext, home: string, server: string) {
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
error_log stderr crit;
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
  const address = `http://127.0.0.1:${port}`;
  let child: ChildProcess;
  const start = async () => {
    child = spawn(nginx, ['-p', folder, '-e', 'stderr', '-c', file], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true, // so that its workers can be killed with it
    });
    while (!(await fetch(address).catch(() => undefined))) {
      if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    process.kill(-(child.pid as number), signal);
    await ended;
  };
  t.after(() => end('SIGTERM'));
  await start();
  return { address, start, kill: () => end('SIGKILL') };
}
