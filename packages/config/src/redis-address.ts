interface Node {
  host: string;
  port: number;
}

export type RedisAddress = {
  /** Servers to contact first: the only one, some nodes of a cluster, or the Sentinels. */
  nodes: Node[];
  /** Options for the Redis servers themselves. */
  options: { username?: string; password?: string; db?: number; tls?: object };
} & ({ kind: 'single' | 'cluster' } | { kind: 'sentinel'; name: string });

/**
 * Reads `redis://:password@host:6379`, `redis+cluster://…@host:6379?nodes=host2:6379,host3:6379` and
 * `redis+sentinel://…@host:26379/NAME?nodes=…`; `rediss` in place of `redis` is TLS, checked against the authorities
 * that Node trusts (NODE_EXTRA_CA_CERTS adds one).
 * @throws Error that says what is expected, after `REDIS_URL: `
 */
export function readRedisAddress(text: string): RedisAddress {
  const url = new URL(text);
  const [, tls, kind = 'single'] = /^redis(s?)(?:\+(\w+))?:$/.exec(url.protocol) ?? [];
  const usualPort = kind === 'sentinel' ? 26_379 : 6_379;
  const more = url.searchParams.get('nodes')?.split(',') ?? [];
  const nodes = [url.host, ...more].map((host) => readNode(host, usualPort));
  const path = url.pathname.slice(1);
  const options: RedisAddress['options'] = {
    ...(url.username && { username: decoded(url.username) }),
    ...(url.password && { password: decoded(url.password) }),
    ...(kind === 'single' && path && { db: numberOf(path) }),
    ...(tls && { tls: {} }),
  };
  if (kind === 'cluster') return { kind, nodes, options };
  if (kind !== 'sentinel') return { kind: 'single', nodes, options };
  if (!path) throw new Error('redis+sentinel://host:26379/NAME with the name of the primary');
  return { kind, name: path, nodes, options };
}

function readNode(text: string, usualPort: number): Node {
  const address = `redis://${text}`;
  if (!text || !URL.canParse(address)) throw new Error('nodes such as host2:6379,host3:6379');
  const { hostname, port } = new URL(address);
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || usualPort };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('a name and password in which % is written as %25');
  }
}

function numberOf(path: string): number {
  if (!/^\d{1,6}$/.test(path))
    throw new Error('the number of a database after the host, such as /0, or nothing');
  return Number(path);
}
