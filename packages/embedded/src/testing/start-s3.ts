import { randomUUID } from 'node:crypto';
import { readConfig } from '@mycelium/config';
import type { S3Address } from '../s3-server.ts';
import { discardHome, startServices } from '../services.ts';
import { createTestHome } from './test-home.ts';

/** A test, or `{ after }` of node:test for a whole file or suite; in that case call it outside the hooks. */
interface TestContext {
  after(release: () => Promise<void>): void;
}

/** Starts an S3 server that stops with the test. @returns settings for `openStore`; the bucket does not exist yet */
export async function startS3(t: TestContext): Promise<S3Address & { S3_BUCKET: string }> {
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  const services = await startServices({ home, redis: false, postgres: false, s3: true });
  t.after(async () => {
    await services.stop();
    await discardHome(home);
  });
  return { ...(services.s3 as S3Address), S3_BUCKET: `mogu-${randomUUID().slice(0, 8)}` };
}
