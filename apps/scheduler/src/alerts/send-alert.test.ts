import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { clearAlert, listOpenAlerts, openAlert } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { createLogger } from '@mycelium/telemetry';
import { message, say } from '@mycelium/words';
import { retryAfterSeconds, sendAlerts } from './send-alert.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];
type Answer = (response: ServerResponse) => void;

const logger = createLogger({ service: 'test', level: 'error', format: 'json' });
const secret = 'a secret of the farm';
const start = new Date('2025-12-24T18:00:00Z');
const after = (seconds: number) => new Date(start.getTime() + seconds * 1_000);
const ok: Answer = (response) => response.writeHead(200).end();

const overdue = message('alert.overdue.one', { slot: '2025-12-25 01:03:20' });

/** Starts a receiver with one answer per request, and opens an alert to send to it. */
async function setup(t: TestContext, ...answers: Answer[]) {
  const pool = await createTestDatabase(t);
  const received: { body: string; signature: string | undefined; url: string | undefined }[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    received.push({
      body: Buffer.concat(chunks).toString(),
      signature: request.headers['x-mycelium-signature'] as string | undefined,
      url: request.url,
    });
    (answers[received.length - 1] ?? ok)(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(async () => {
    server.closeAllConnections();
    await new Promise<unknown>((resolve) => server.close(resolve));
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  await openAlert(
    pool,
    {
      kind: 'overdue',
      subject: 'daily_env_stats',
      severity: 'critical',
      message: 'The English text of an alert without a code.',
      ...overdue,
      since: start,
    },
    start,
  );
  const send = (at: Date, webhook: object = {}) =>
    sendAlerts({ pool, logger, now: () => at, webhook: { url, secret, ...webhook } });
  const states = () => received.map(({ body }) => JSON.parse(body).state);
  return { pool, received, states, send };
}

test('an alert is sent once, as JSON with a signature the receiver can check', async (t) => {
  const { received, send } = await setup(t);
  await send(start);
  await send(after(10));
  assert.equal(received.length, 1);
  const { body, signature } = received[0] as (typeof received)[number];
  assert.equal(signature, `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const { id, ...sent } = JSON.parse(body);
  assert.equal(typeof id, 'number');
  assert.deepEqual(sent, {
    state: 'open',
    kind: 'overdue',
    subject: 'daily_env_stats',
    severity: 'critical',
    message: say(overdue),
    openedAt: start.toISOString(),
    closedAt: null,
    sentAt: start.toISOString(),
  });
});

test('the receiver gets the message in the language that is set for it', async (t) => {
  const { received, send } = await setup(t);
  await send(start, { language: 'zh-CN' });
  assert.equal(JSON.parse(received[0]?.body ?? '').message, say(overdue, 'zh-CN'));
});

test('without a secret nothing is signed', async (t) => {
  const { received, send } = await setup(t);
  await send(start, { secret: undefined });
  assert.equal(received[0]?.signature, undefined);
});

test('a refused alert is retried at growing intervals until it is accepted', async (t) => {
  const refuse: Answer = (response) => response.writeHead(500).end('no');
  const { received, send } = await setup(t, refuse, refuse, ok);
  await send(start);
  await send(after(9));
  assert.equal(received.length, 1);
  await send(after(10));
  await send(after(29));
  assert.equal(received.length, 2);
  await send(after(30));
  await send(after(5_000));
  assert.equal(received.length, 3);
});

test('the intervals grow to an hour', () => {
  assert.deepEqual([0, 1, 2, 8, 9, 60].map(retryAfterSeconds), [10, 20, 40, 2_560, 3_600, 3_600]);
});

test('sending stops for now when the receiver does not answer', async (t) => {
  const { received, states, send } = await setup(t, () => {}, ok);
  await send(start, { patience: 200 });
  await send(after(10));
  assert.equal(received.length, 2);
  assert.deepEqual(states(), ['open', 'open']);
});

test('a redirect is not followed', async (t) => {
  const elsewhere: Answer = (response) => response.writeHead(307, { location: '/elsewhere' }).end();
  const { received, send } = await setup(t, elsewhere, ok);
  await send(start);
  assert.deepEqual(
    received.map(({ url }) => url),
    ['/hook'],
  );
  await send(after(10));
  assert.equal(received.length, 2);
});

test('the end of an alert is sent too', async (t) => {
  const { pool, states, send } = await setup(t);
  await send(start);
  const [alert] = await listOpenAlerts(pool);
  await clearAlert(pool, alert?.id as number, after(60));
  await send(after(60));
  assert.deepEqual(states(), ['open', 'closed']);
});
