import { Redis } from 'ioredis';

export interface RedisSettings {
  REDIS_URL: string;
  REDIS_PREFIX: string;
  REDIS_CONNECT_TIMEOUT: number;
  REDIS_COMMAND_TIMEOUT: number;
}

/** Where the queues are: a connection that fails fast, for those that put jobs in, and the prefix of all keys. */
export interface QueueConnection {
  redis: Redis;
  prefix: string;
  /** A connection for a worker: it waits for Redis however long that takes. */
  forWorker(): Redis;
}

export function connect(settings: RedisSettings, onError: (error: Error) => void): QueueConnection {
  const open = (options: object) => {
    const redis = new Redis(settings.REDIS_URL, {
      connectTimeout: settings.REDIS_CONNECT_TIMEOUT,
      // Reconnecting goes on for ever, at most two seconds apart.
      retryStrategy: (times: number) => Math.min(50 * 2 ** times, 2_000),
      ...options,
    });
    redis.on('error', onError);
    return redis;
  };
  return {
    redis: open({ maxRetriesPerRequest: 1, commandTimeout: settings.REDIS_COMMAND_TIMEOUT }),
    prefix: settings.REDIS_PREFIX,
    forWorker: () => open({ maxRetriesPerRequest: null }),
  };
}
