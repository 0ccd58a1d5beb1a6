import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import { freePort, startProcess } from '@mycelium/embedded';
import { testPrograms } from '@mycelium/embedded/testing';
import { Redis } from 'ioredis';

export const password = 'a password of the tests';

/** Configuration lines for every Redis server here. */
const common = ['bind 127.0.0.1', 'maxmemory-policy noeviction', 'save ""', 'appendonly yes'];

export interface RedisServer {
  port: number;
  /** A client for commands to this server. */
  client: Redis;
  stop: () => Promise<void>;
}

/** Starts a Redis for this test; `settings` are lines of redis.conf. It stops with the test, or earlier. */
export async function startRedisServer(
  t: TestContext,
  settings: string[],
  connectBy: { tls?: object; sentinel?: boolean } = {},
): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-redis-'));
  const port = await freePort();
  const { redis } = await testPrograms(readConfig().MYCELIUM_HOME);
  const { tls, sentinel } = connectBy;
  const lines = [
    ...(sentinel ? ['bind 127.0.0.1'] : [...common, `requirepass "${password}"`, `masterauth "${password}"`]),
    `dir ${folder}`,
    ...(tls ? ['port 0', `tls-port ${port}`] : [`port ${port}`]),
    ...settings,
  ];
  const file = join(folder, 'redis.conf');
  await writeFile(file, `${lines.join('\n')}\n`);
  const client = new Redis({
    host: '127.0.0.1',
    port,
    ...(!sentinel && { password }),
    ...(tls && { tls }),
    lazyConnect: true,
    retryStrategy: (times) => Math.min(times * 20, 200),
  });
  client.on('error', () => {});
  const server = await startProcess({
    name: 'Redis',
    command: redis,
    args: [file, ...(sentinel ? ['--sentinel'] : [])],
    logFile: join(folder, 'redis.log'),
    isReady: async () => (await client.ping().catch(() => '')) === 'PONG',
  });
  t.after(async () => {
    client.disconnect();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await server.ready;
  return { port, client, stop: () => server.stop() };
}

/** Starts three primaries that share the slots. @returns their ports */
export async function startRedisCluster(t: TestContext): Promise<number[]> {
  const nodes = await Promise.all(
    [0, 1, 2].map(async () => {
      const busPort = await freePort();
      const settings = ['cluster-enabled yes', `cluster-port ${busPort}`, 'cluster-node-timeout 5000'];
      return { ...(await startRedisServer(t, settings)), busPort };
    }),
  );
  const share = [
    [0, 5_460],
    [5_461, 10_922],
    [10_923, 16_383],
  ] as const;
  const [first] = nodes;
  for (const [n, { client, port, busPort }] of nodes.entries()) {
    const [from, to] = share[n] as (typeof share)[number];
    await client.call('cluster', 'addslotsrange', from, to);
    await client.call('cluster', 'set-config-epoch', n + 1);
    if (n > 0) await first?.client.call('cluster', 'meet', '127.0.0.1', port, busPort);
  }
  for (const { client } of nodes) {
    while (!(await healthy(client))) await wait(50);
  }
  return nodes.map(({ port }) => port);
}

async function healthy(client: Redis): Promise<boolean> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes('cluster_known_nodes:3');
}
