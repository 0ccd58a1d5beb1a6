import type { RedisOptions } from 'ioredis';

interface Node {
  host: string;
  port: number;
}

export type RedisAddress = {
  /** Servers to contact first: the only one, some nodes of a cluster, or the Sentinels. */
  nodes: Node[];
  /** Options for the Redis servers themselves. */
  options: Pick<RedisOptions, 'username' | 'password' | 'db' | 'tls'>;
} & ({ kind: 'single' | 'cluster' } | { kind: 'sentinel'; name: string });

/**
 * Reads `redis://:password@host:6379`, `redis+cluster://…@host:6379?nodes=host2:6379,host3:6379` and
 * `redis+sentinel://…@host:26379/NAME?nodes=…`; `rediss` in place of `redis` is TLS, checked against the authorities
 * that Node trusts (NODE_EXTRA_CA_CERTS adds one).
 */
export function readRedisAddress(text: string): RedisAddress {
  const url = new URL(text);
  const [, tls, kind = 'single'] = /^redis(s?)(?:\+(\w+))?:$/.exec(url.protocol) ?? [];
  const usualPort = kind === 'sentinel' ? 26_379 : 6_379;
  const more = url.searchParams.get('nodes')?.split(',') ?? [];
  const nodes = [url.host, ...more].map((host) => readNode(host, usualPort));
  const path = url.pathname.slice(1);
  const options: RedisAddress['options'] = {
    ...(url.username && { username: decodeURIComponent(url.username) }),
    ...(url.password && { password: decodeURIComponent(url.password) }),
    ...(kind === 'single' && path && { db: Number(path) }),
    ...(tls && { tls: {} }),
  };
  if (kind === 'cluster') return { kind, nodes, options };
  if (kind !== 'sentinel') return { kind: 'single', nodes, options };
  if (!path)
    throw new Error('REDIS_URL: expected redis+sentinel://host:26379/NAME with the name of the primary');
  return { kind, name: path, nodes, options };
}

function readNode(text: string, usualPort: number): Node {
  const { hostname, port } = new URL(`redis://${text}`);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usualPort };
}
