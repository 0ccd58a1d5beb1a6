import { randomBytes } from 'node:crypto';
import { readConfig, requireSettings } from '@mycelium/config';
import { connect, type QueueConnection } from './connection.ts';

interface TestContext {
  after(release: () => Promise<void>): void;
}

/** Queues under a prefix of the test's own on the server of REDIS_URL, removed when the test ends. */
export function testRedis(t: TestContext): QueueConnection {
  const prefix = `{test-${randomBytes(6).toString('hex')}}`;
  const config = requireSettings(readConfig(), 'REDIS_URL');
  const workers: { disconnect(): void }[] = [];
  const connection = connect({ ...config, REDIS_PREFIX: prefix }, () => {});
  t.after(async () => {
    for (const worker of workers) worker.disconnect();
    const cleaner = connection.redis.duplicate({ lazyConnect: false });
    for await (const keys of cleaner.scanStream({ match: `${prefix}:*` })) {
      if (keys.length > 0) await cleaner.unlink(...keys);
    }
    cleaner.disconnect();
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
