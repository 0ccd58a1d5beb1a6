import { execFile } from 'node:child_process';
import { createServer, connect as dial, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readConfig } from '@mycelium/config';
import { findIp } from '../../tools/ip.ts';
import type { Testbed } from './scenario.ts';

const program = () => findIp(readConfig().MYCELIUM_HOME);
const ip = async (...args: string[]) => promisify(execFile)(await program(), args);

export interface Host {
  /** Prefixed to a command, makes it run on this host. */
  via: string[];
  databaseUrl: string;
  redisUrl: string;
  /** Drops all traffic without closing connections, as if the cable were pulled. */
  cutOff: () => Promise<unknown>;
  join: () => Promise<unknown>;
}

/** The reason this machine cannot run hosts with their own addresses; undefined if it can. */
export async function whyNoHosts(): Promise<string | undefined> {
  const name = `myc-${process.pid}-try`;
  try {
    await ip('netns', 'add', name);
    await ip('-n', name, 'link', 'show'); // fails in a root folder that is not a mount of its own
    return undefined;
  } catch (error) {
    return `this machine allows no network namespaces (${(error as Error).message.trim().split('\n').at(-1)})`;
  } finally {
    await ip('netns', 'delete', name).catch(() => {});
  }
}

/**
 * Opens a network namespace with its own address. It reaches the servers through a relay, which delays all data by
 * `delay` milliseconds in each direction.
 */
export async function openHost(testbed: Testbed, n: number, delay: number): Promise<Host> {
  const name = `myc-${process.pid}-${n}`;
  const [outer, inner] = [`m${process.pid}${n}o`.slice(-15), `m${process.pid}${n}i`.slice(-15)];
  const net = `10.${177 + (process.pid % 50)}.${n}`;
  await ip('netns', 'add', name);
  testbed.onEnd(async () => {
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
    const port = await relay(testbed, `${net}.1`, { host: there.hostname, port: Number(there.port) }, delay);
    return Object.assign(there, { hostname: `${net}.1`, port: String(port) }).href;
  };
  return {
    via: [await program(), 'netns', 'exec', name],
    databaseUrl: await through(testbed.databaseUrl),
    redisUrl: await through(testbed.redisUrl),
    cutOff: () => ip('link', 'set', outer, 'down'),
    join: () => ip('link', 'set', outer, 'up'),
  };
}

/** Listens on the outer end of one namespace's link. @returns its port */
async function relay(testbed: Testbed, host: string, to: { host: string; port: number }, delay: number) {
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
  testbed.onEnd(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as { port: number }).port;
}
