import { readRedisAddress } from '@mycelium/config';
import type { Telemetry } from 'bullmq';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

export interface RedisSettings {
  REDIS_URL: string;
  REDIS_PREFIX: string;
  REDIS_CONNECT_TIMEOUT: number;
  REDIS_COMMAND_TIMEOUT: number;
}

/** The connection to the queues: it fails fast, for code that enqueues jobs. Includes the prefix of all keys. */
export interface QueueConnection {
  redis: Redis | Cluster;
  prefix: string;
  /** Notified of every job that is enqueued or taken, for traces. */
  telemetry?: Telemetry | undefined;
  /** Opens a connection for a worker, which waits for Redis indefinitely. */
  forWorker(): Redis | Cluster;
}

type Patience = Pick<RedisOptions, 'maxRetriesPerRequest' | 'commandTimeout' | 'socketTimeout'>;

/** Longer than a worker's longest command, which waits ten seconds for a job. */
const workerSilence = 15_000;

export function connect(
  settings: RedisSettings,
  onError: (error: Error) => void,
  telemetry?: Telemetry,
): QueueConnection {
  const open = (patience: Patience) => {
    const redis = openRedis(settings, patience);
    redis.on('error', onError);
    return redis;
  };
  return {
    redis: open({
      maxRetriesPerRequest: 1,
      commandTimeout: settings.REDIS_COMMAND_TIMEOUT,
      socketTimeout: settings.REDIS_COMMAND_TIMEOUT,
    }),
    prefix: settings.REDIS_PREFIX,
    telemetry,
    // A server that is frozen or unplugged closes no connection, and another one may have its place by now.
    forWorker: () => open({ maxRetriesPerRequest: null, socketTimeout: workerSilence }),
  };
}

/** The servers behind a connection that hold the keys: one, or a cluster's primaries. */
export function primariesOf(redis: Redis | Cluster): Redis[] {
  return redis instanceof Cluster ? redis.nodes('master') : [redis];
}

/** It keeps reconnecting, with pauses of at most two seconds. */
const retryStrategy = (times: number) => Math.min(50 * 2 ** times, 2_000);

function openRedis(settings: RedisSettings, patience: Patience): Redis | Cluster {
  const address = readRedisAddress(settings.REDIS_URL);
  const { nodes } = address;
  const options = { ...address.options, ...patience, connectTimeout: settings.REDIS_CONNECT_TIMEOUT };
  if (address.kind === 'cluster') {
    return new Cluster(nodes, {
      redisOptions: options,
      clusterRetryStrategy: retryStrategy,
      slotsRefreshTimeout: settings.REDIS_CONNECT_TIMEOUT,
      // A certificate names hosts, not the addresses they resolve to.
      ...(options.tls && { dnsLookup: (host, done) => done(null, host) }),
    });
  }
  if (address.kind === 'sentinel') {
    const sentinels = { sentinels: nodes, name: address.name, sentinelRetryStrategy: retryStrategy };
    const { tls } = options;
    return new Redis({
      ...options,
      ...sentinels,
      ...(tls && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
      retryStrategy,
    });
  }
  return new Redis({ ...nodes[0], ...options, retryStrategy });
}
