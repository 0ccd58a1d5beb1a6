import { execFile } from 'node:child_process';
import { createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Stage } from './scenario.ts';

const ip = (...args: string[]) => promisify(execFile)('ip', args);

export interface Host {
  /** Put before a command, it runs on this host. */
  via: string[];
  databaseUrl: string;
  redisUrl: string;
  /** Nothing comes or goes any more, and nobody is told: as when a cable is pulled. */
  cutOff: () => Promise<unknown>;
  join: () => Promise<unknown>;
}

/** Why this machine gives no hosts of their own; undefined when it does. */
export async function whyNoHosts(): Promise<string | undefined> {
  const name = `myc-${process.pid}-try`;
  try {
    await ip('netns', 'add', name);
    await ip('netns', 'delete', name);
    return undefined;
  } catch (error) {
    return `no network namespaces here (${(error as Error).message.trim().split('\n').at(-1)})`;
  }
}

/**
 * A network namespace with an address of its own. Its way to the servers leads over a wire to a relay, each piece of
 * which takes `delay` milliseconds, there and back alike.
 */
export async function openHost(stage: Stage, n: number, delay: number): Promise<Host> {
  const name = `myc-${process.pid}-${n}`;
  const [outer, inner] = [`m${process.pid}${n}o`.slice(-15), `m${process.pid}${n}i`.slice(-15)];
  const net = `10.${177 + (process.pid % 50)}.${n}`;
  await ip('netns', 'add', name);
  stage.onEnd(async () => {
    await ip('link', 'delete', outer).catch(() => {});
    await ip('netns', 'delete', name);
  });
  await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', name);
  await ip('address', 'add', `${net}.1/30`, 'dev', outer);
  await ip('link', 'set', outer, 'up');
  await ip('-n', name, 'address', 'add', `${net}.2/30`, 'dev', inner);
  await ip('-n', name, 'link', 'set', inner, 'up');
  await ip('-n', name, 'link', 'set', 'lo', 'up');
  const through = async (url: string) => {
    const there = new URL(url);
    const port = await relay(stage, `${net}.1`, { host: there.hostname, port: Number(there.port) }, delay);
    return Object.assign(there, { hostname: `${net}.1`, port: String(port) }).href;
  };
  return {
    via: ['ip', 'netns', 'exec', name],
    databaseUrl: await through(stage.databaseUrl),
    redisUrl: await through(stage.redisUrl),
    cutOff: () => ip('link', 'set', outer, 'down'),
    join: () => ip('link', 'set', outer, 'up'),
  };
}

/** Listens at the end of a wire that leads to one namespace alone. @returns its port */
async function relay(stage: Stage, host: string, to: { host: string; port: number }, delay: number) {
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial(to);
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      let last = Promise.resolve();
      from.on('data', (piece) => {
        const due = wait(delay);
        last = last.then(async () => {
          await due;
          into.write(piece);
        });
      });
      from.on('error', () => into.destroy());
      from.on('close', () => {
        open.delete(from);
        void last.then(() => into.end());
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  stage.onEnd(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}
