import { randomBytes } from 'node:crypto';
import { readConfig, requireSettings } from '@mycelium/config';
import type { Handlers } from './contract.ts';
import type { QueueName } from './jobs.ts';
import { connect, primariesOf, type QueueConnection } from './redis/connection.ts';

interface TestContext {
  after(release: () => Promise<void>): void;
}

/** Only the handlers that a test needs, so that a new job in the catalogue does not break the test. */
export function handlersOf<Queue extends QueueName, Context extends object = object>(
  handlers: Partial<Handlers<Queue, Context>>,
): Handlers<Queue, Context> {
  return handlers as unknown as Handlers<Queue, Context>;
}

/** Queues under a separate prefix on the server of REDIS_URL, removed when the test ends. */
export function testRedis(t: TestContext): QueueConnection {
  const prefix = `{test-${randomBytes(6).toString('hex')}}`;
  const config = requireSettings(readConfig(), 'REDIS_URL');
  const workers: { disconnect(): void }[] = [];
  const connection = connect({ ...config, REDIS_PREFIX: prefix }, () => {});
  t.after(async () => {
    for (const worker of workers) worker.disconnect();
    await removeKeys(config.REDIS_URL, prefix);
    connection.redis.disconnect();
  });
  return {
    ...connection,
    forWorker() {
      const redis = connection.forWorker();
      workers.push(redis);
      return redis;
    },
  };
}

/** Removes all keys with a prefix, even after every connection has been closed. */
export async function removeKeys(redisUrl: string, prefix: string): Promise<void> {
  const { redis } = connect(
    { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 5_000 },
    () => {},
  );
  await redis.ping(); // from now on a cluster's nodes are known
  for (const node of primariesOf(redis)) {
    for await (const keys of node.scanStream({ match: `${prefix}:*` })) {
      if (keys.length > 0) await redis.unlink(...keys);
    }
  }
  redis.disconnect();
}
