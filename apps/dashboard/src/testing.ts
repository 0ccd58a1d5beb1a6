import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { createQueues } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { directoryStore } from '@mycelium/storage';
import { createLogger } from '@mycelium/telemetry';
import { type Queue, UnrecoverableError, Worker } from 'bullmq';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { buildDashboard } from './dashboard.ts';
import type { DashboardOptions } from './deps.ts';

interface TestContext {
  after(release: () => unknown): void;
}

export const operator = { DASHBOARD_USER: 'grower', DASHBOARD_PASSWORD: 'a long pass phrase' };

/** A dashboard with its own database and queues. */
export async function openDashboard(
  t: TestContext,
  settings: Record<string, string> = {},
  options: Partial<DashboardOptions> = {},
) {
  const pool = await createTestDatabase(t);
  const queues = createQueues(testRedis(t));
  t.after(() => Promise.all(queues.all.map((queue) => queue.close())));
  const config = readConfig({ MYCELIUM_HOME: `${tmpdir()}/no-home`, TZ: 'Asia/Shanghai', ...settings });
  const logger = createLogger({ service: 'dashboard test', level: 'error', format: 'json' });
  const images = await mkdtemp(join(tmpdir(), 'mycelium-dashboard-'));
  t.after(() => rm(images, { recursive: true }));
  const store = directoryStore(images);
  const app = await buildDashboard({
    config,
    pool,
    queues,
    store,
    clock: () => new Date(),
    gatherMillis: 200,
    logger,
    ...options,
  });
  t.after(() => app.close());
  return { app, pool, queues, store, config };
}

/** Sends what a page of the console sends: its cookies, its origin, and the token for writes. */
export async function visit(app: FastifyInstance, as?: { name: string; password: string }) {
  const jar = new Map<string, string>();
  const send = async (request: InjectOptions) => {
    const { headers, ...rest } = request;
    const answer = await app.inject({
      ...rest,
      headers: {
        host: '127.0.0.1:7300',
        origin: 'http://127.0.0.1:7300',
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(jar.has('XSRF-TOKEN') && { 'x-xsrf-token': jar.get('XSRF-TOKEN') }),
        ...headers,
      },
    });
    for (const { name, value } of answer.cookies) jar.set(name, value);
    return answer;
  };
  const { local } = (await send({ url: '/api/session' })).json();
  if (local) {
    const { headers } = app.localPass?.answer({ host: '127.0.0.1:7301', url: '/' }) ?? {};
    const [, name = '', value = ''] = /^(\w+)=([^;]+)/.exec(headers?.['set-cookie'] ?? '') ?? [];
    jar.set(name, value);
    await send({ url: '/api/session' });
  }
  if (as) {
    const { statusCode, body } = await send({ method: 'POST', url: '/api/login', payload: as });
    if (statusCode !== 200) throw new Error(`no login: ${body}`);
  }
  return { send, jar };
}

/** The cookie by which a dashboard that listens knows a browser on its machine, got as a browser gets it. */
export async function askForPass(address: string): Promise<string> {
  const session = await fetch(`${address}/api/session`);
  const { passPort } = (await session.json()) as { passPort: number };
  const answer = await fetch(`http://127.0.0.1:${passPort}/`, { redirect: 'manual' });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

/** Takes the next job of the queue and fails it permanently. */
export async function failJobs(t: TestContext, queue: Queue): Promise<void> {
  const connection = {
    ...(queue.opts.connection as { options: object }).options,
    maxRetriesPerRequest: null,
  };
  const worker = new Worker(
    queue.name,
    async () => {
      throw new UnrecoverableError('the store is empty');
    },
    { connection, prefix: queue.opts.prefix as string },
  );
  t.after(() => worker.close());
  const { promise, resolve } = Promise.withResolvers<void>();
  worker.on('failed', () => resolve());
  await promise;
  await worker.close();
}
