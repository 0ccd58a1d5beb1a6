import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import { freePort, startProcess } from '@mycelium/embedded';
import { testPrograms } from '@mycelium/embedded/testing';
import { Redis } from 'ioredis';

export const password = 'a password of the tests';

/** Configuration lines for every Redis server here. */
const common = ['bind 127.0.0.1', 'maxmemory-policy noeviction', 'save ""', 'appendonly yes'];

interface Releasing {
  after(release: () => unknown): void;
}

export interface RedisServer {
  port: number;
  /** A client for commands to this server. */
  client: Redis;
  stop: () => Promise<void>;
}

/** Starts a Redis for this test; `settings` are lines of redis.conf. It stops with the test, or earlier. */
export async function startRedisServer(
  t: Releasing,
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

/**
 * Starts a primary, its replica and three Sentinels, and waits until they know each other.
 * @returns the address of the farm's Redis, and the two servers
 */
export async function startSentinels(t: Releasing) {
  const primary = await startRedisServer(t, []);
  const replica = await startRedisServer(t, [`replicaof 127.0.0.1 ${primary.port}`]);
  const watch = [
    `sentinel monitor farm 127.0.0.1 ${primary.port} 2`,
    `sentinel auth-pass farm "${password}"`,
    'sentinel down-after-milliseconds farm 1000',
    'sentinel failover-timeout farm 4000',
  ];
  const sentinels = await Promise.all([1, 2, 3].map(() => startRedisServer(t, watch, { sentinel: true })));
  const seen = async () => {
    const answers = await Promise.all(
      sentinels.map(({ client }) => client.call('sentinel', 'master', 'farm') as Promise<string[]>),
    );
    return answers.every(
      (words) =>
        words[words.indexOf('num-other-sentinels') + 1] === '2' &&
        words[words.indexOf('num-slaves') + 1] === '1',
    );
  };
  while (!(await seen())) await wait(100);
  const [first, ...more] = sentinels.map(({ port }) => `127.0.0.1:${port}`);
  const url = `redis+sentinel://:${encodeURIComponent(password)}@${first}/farm?nodes=${more.join(',')}`;
  return { url, primary, replica };
}

/**
 * Starts three primaries that share the slots, each with so many replicas.
 * @returns the address of the cluster, and its nodes, primaries first
 */
export async function startRedisCluster(t: Releasing, replicas = 0) {
  const count = 3 * (1 + replicas);
  const nodes = await Promise.all(
    Array.from({ length: count }, async () => {
      const busPort = await freePort();
      const settings = ['cluster-enabled yes', `cluster-port ${busPort}`, 'cluster-node-timeout 2000'];
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
    const slots = share[n];
    if (slots) await client.call('cluster', 'addslotsrange', ...slots);
    await client.call('cluster', 'set-config-epoch', n + 1);
    if (n > 0) await first?.client.call('cluster', 'meet', '127.0.0.1', port, busPort);
  }
  for (const { client } of nodes) {
    while (!(await healthy(client, count))) await wait(50);
  }
  const ids = await Promise.all(nodes.map(({ client }) => client.cluster('MYID')));
  for (const [n, { client }] of nodes.entries())
    if (n >= 3) {
      await client.call('cluster', 'replicate', ids[n % 3] as string);
      while (!/master_link_status:up/.test(await client.info('replication'))) await wait(50);
    }
  const [entry, ...more] = nodes.map(({ port }) => `127.0.0.1:${port}`);
  const url = `redis+cluster://:${encodeURIComponent(password)}@${entry}?nodes=${more.join(',')}`;
  return { url, nodes };
}

async function healthy(client: Redis, count: number): Promise<boolean> {
  const info = await client.cluster('INFO');
  return info.includes('cluster_state:ok') && info.includes(`cluster_known_nodes:${count}`);
}
