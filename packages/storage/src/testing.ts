import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { buildApp } from 'fauxqs';
import { s3Store } from './s3/s3.ts';

/** A test, or `{ after }` of node:test for a whole file or suite; in that case call it outside the hooks. */
export interface Cleanup {
  after(release: () => Promise<void>): void;
}

export interface TestS3 {
  S3_ENDPOINT: string;
  S3_ACCESS_KEY: string;
  S3_SECRET_KEY: string;
  S3_BUCKET: string;
}

/**
 * Starts an S3 server on 127.0.0.1 that stops with the test, and creates a bucket on it.
 * @returns settings for `openStore`. The emulator sorts keys by locale, not by bytes, and loses some if the two orders
 * differ at the edge of a page of 1,000.
 */
export async function startS3(t: Cleanup): Promise<TestS3> {
  const server = buildApp({ logger: false });
  t.after(() => server.close());
  // It answers 500 to an empty object, for which Fastify passes no body at all.
  server.addHook('preHandler', async (request) => {
    if (request.method === 'PUT') request.body ??= Buffer.alloc(0);
  });
  // Its own `start` would listen on every address of the machine.
  await server.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.server.address() as AddressInfo;
  const settings = {
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    S3_ACCESS_KEY: 'test',
    S3_SECRET_KEY: 'test-secret',
    S3_BUCKET: `mogu-${randomUUID().slice(0, 8)}`,
  };
  const store = s3Store({
    endpoint: settings.S3_ENDPOINT,
    accessKey: settings.S3_ACCESS_KEY,
    secretKey: settings.S3_SECRET_KEY,
    bucket: settings.S3_BUCKET,
  });
  await store.ensureBucket();
  return settings;
}
