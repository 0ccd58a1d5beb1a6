import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createTestDatabase } from '@mycelium/database/testing';
import { createLogger } from '@mycelium/telemetry';
import { fastify } from 'fastify';
import { answerErrors } from '../server/answer-errors.ts';
import { mostRows, readingsApi } from './readings-api.ts';

const token = 'a token for gateways';
const times = { firstDay: '2010-01-01', timeZone: 'Asia/Shanghai', maxAheadHours: 24 };
const clock = () => Date.UTC(2026, 10, 27);
const refuseIfFull = async () => {};
const nothing = { changed: 0, quarantined: { ahead: 0, 'before-farm': 0 } };

interface Answer {
  status: number;
  inserted?: number;
  errors?: { row: number; reason: string }[];
}

async function open(t: { after(release: () => Promise<void>): void }, given: string | undefined = token) {
  const pool = await createTestDatabase(t);
  const app = fastify();
  answerErrors(app, createLogger({ service: 'readings test', level: 'error', format: 'json' }));
  await app.register(readingsApi, { prefix: '/api', pool, token: given, times, clock, refuseIfFull });
  t.after(() => app.close());
  const post = async (payload: unknown, { path = '', headers = {} } = {}): Promise<Answer> => {
    const answer = await app.inject({
      method: 'POST',
      url: `/api/readings${path}`,
      payload: payload as object,
      headers: { authorization: `Bearer ${token}`, ...headers },
    });
    return { status: answer.statusCode, ...(answer.json() as object) };
  };
  const count = async () => (await pool.query('select count(*) from reading')).rows[0].count as number;
  return { pool, app, post, count };
}

const reading = (n: number, change: object = {}) => ({
  time: new Date(Date.UTC(2026, 2, 3) + n * 60_000).toISOString(),
  room: '611',
  device: 'air_cooler_611',
  point: 'temp_set',
  value: 15 + n / 10,
  ...change,
});
const ndjson = { 'content-type': 'application/x-ndjson' };
const lines = (rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

test('a batch is stored, and sending it again changes nothing', async (t) => {
  const { post, count } = await open(t);
  const rows = Array.from({ length: 100 }, (_, n) => reading(n));
  assert.deepEqual(await post(rows), {
    status: 200,
    received: 100,
    inserted: 100,
    repeated: 0,
    ...nothing,
    errors: [],
  });
  assert.deepEqual(await post(rows), {
    status: 200,
    received: 100,
    inserted: 0,
    repeated: 100,
    ...nothing,
    errors: [],
  });
  assert.deepEqual(await post(lines(rows), { headers: ndjson }), {
    status: 200,
    received: 100,
    inserted: 0,
    repeated: 100,
    ...nothing,
    errors: [],
  });
  assert.equal(await count(), 100);
});

test('a time is an instant, however it is written', async (t) => {
  const { pool, post } = await open(t);
  await post([
    reading(0, { time: '2026-03-03T08:00:00+08:00' }),
    reading(0, { time: Date.UTC(2026, 2, 3, 1) }),
    reading(0, { time: '2026-03-03T02:00:00.000Z' }),
  ]);
  const { rows } = await pool.query<{ ts: Date }>('select ts from reading order by ts');
  assert.deepEqual(
    rows.map(({ ts }) => ts.toISOString().slice(11, 16)),
    ['00:00', '01:00', '02:00'],
  );
});

test('wrong rows are reported with their number and reason, and the others are stored', async (t) => {
  const { post, count } = await open(t);
  const rows = [
    reading(0),
    reading(1, { value: 'warm' }),
    reading(2, { time: '2026-03-03 08:00' }),
    reading(3, { device: '' }),
    'nonsense',
    reading(6),
  ];
  const answer = await post(rows);
  assert.equal(answer.status, 200);
  assert.equal(answer.inserted, 2);
  const errors = answer.errors ?? [];
  assert.deepEqual(
    errors.map(({ row }) => row),
    [2, 3, 4, 5],
  );
  assert.match(errors[0]?.reason ?? '', /value: a number/);
  assert.match(errors[1]?.reason ?? '', /time: an ISO time/);
  assert.match(errors[2]?.reason ?? '', /no device/);

  const text = `${lines([reading(10)])}{"time":\n\n${lines([reading(11)])}`;
  assert.deepEqual(await post(text, { headers: ndjson }), {
    status: 200,
    received: 3,
    inserted: 2,
    repeated: 0,
    ...nothing,
    errors: [{ row: 2, reason: 'not JSON' }],
  });
  assert.equal(await count(), 4);
});

test('if no row is valid, the status is 422', async (t) => {
  const { post } = await open(t);
  assert.equal((await post([{}])).status, 422);
  assert.equal((await post({})).status, 400);
  assert.equal((await post([], { path: '?strict=maybe' })).status, 400);
  assert.deepEqual(await post([]), {
    status: 200,
    received: 0,
    inserted: 0,
    repeated: 0,
    ...nothing,
    errors: [],
  });
});

test('unknown points are registered, or reported when the sender is strict', async (t) => {
  const { pool, post } = await open(t);
  const strict = await post([reading(0)], { path: '?strict=true' });
  assert.equal(strict.status, 422);
  assert.match(JSON.stringify(strict.errors), /air_cooler_611.temp_set of room 611 is not registered/);
  assert.equal((await post([reading(0)])).status, 200);
  assert.deepEqual((await pool.query('select kind from point')).rows, [{ kind: 'analog' }]);
});

test('more rows than a request may have are refused as a whole', async (t) => {
  const { post, count } = await open(t);
  const rows = Array.from({ length: mostRows + 1 }, (_, n) => reading(n));
  assert.equal((await post(rows)).status, 413);
  assert.equal((await post(lines(rows), { headers: ndjson })).status, 413);
  assert.equal((await post(`${' '.repeat(5_000)}{}`, { headers: ndjson })).status, 413);
  assert.equal(await count(), 0);
  assert.equal((await post(rows.slice(1))).inserted, mostRows);
});

test('readings without the token are refused', async (t) => {
  const { post, count } = await open(t);
  for (const authorization of ['', 'Bearer', 'Bearer another token', `Basic ${token}`, `Bearer ${token}x`]) {
    assert.equal((await post([reading(0)], { headers: { authorization } })).status, 401);
  }
  assert.equal(await count(), 0);
});

test('without a configured token no reading is accepted', async (t) => {
  const { app } = await open(t);
  const pool = await createTestDatabase(t);
  const closed = fastify();
  answerErrors(closed, createLogger({ service: 'readings test', level: 'error', format: 'json' }));
  await closed.register(readingsApi, { prefix: '/api', pool, token: undefined, times, refuseIfFull });
  t.after(() => closed.close());
  const answer = await closed.inject({ method: 'POST', url: '/api/readings', payload: [] });
  assert.equal(answer.statusCode, 503);
  assert.match(answer.json().error, /INGEST_TOKEN/);
  assert.equal((await app.inject({ method: 'POST', url: '/api/readings', payload: [] })).statusCode, 401);
});

test('four senders at once, one of them cut off and repeating, leave every reading once', async (t) => {
  const { app, count } = await open(t);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/api/readings`;
  const headers = { authorization: `Bearer ${token}`, ...ndjson };
  const batches = Array.from({ length: 20 }, (_, n) =>
    lines(Array.from({ length: 500 }, (_, k) => reading(n * 500 + k))),
  );

  const send = async (bodies: string[]) => {
    for (const body of bodies)
      assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200);
  };
  const cutOff = (body: string) =>
    new Promise<void>((resolve) => {
      const sending = request(url, { method: 'POST', headers });
      sending.on('error', () => resolve());
      sending.on('close', () => resolve());
      sending.write(body.slice(0, body.length / 2));
      setTimeout(20).then(() => sending.destroy());
    });
  const shares = [0, 1, 2, 3].map((client) => batches.filter((_, n) => n % 4 === client));
  await Promise.all([
    ...shares.map(send),
    ...(shares[0] as string[]).map(cutOff),
    send(shares[0] as string[]),
  ]);
  assert.equal(await count(), 10_000);
});

test('a reading of a time that cannot be right is quarantined, and repeating it changes nothing', async (t) => {
  const { pool, post, count } = await open(t);
  const rows = [
    reading(0, { time: '2000-01-01T00:01:01Z' }),
    reading(0, { time: '2036-02-07T06:28:16Z' }),
    reading(0, { time: '2026-11-27T23:00:00Z' }),
    reading(0, { time: '2026-11-26T20:00:00Z' }),
  ];
  const quarantined = { ahead: 1, 'before-farm': 1 };
  const { status, errors: _, ...counts } = await post(rows);
  assert.deepEqual(
    [status, counts],
    [200, { received: 4, inserted: 2, changed: 0, repeated: 0, quarantined }],
  );
  assert.deepEqual(await post(rows), {
    status: 200,
    received: 4,
    inserted: 0,
    repeated: 2,
    ...nothing,
    errors: [],
  });
  assert.equal(await count(), 2);
  const { rows: tables } = await pool.query(
    `select relname as name from pg_class where relname ~ '^reading_(2000|2036)' and relkind = 'r'`,
  );
  assert.deepEqual(tables, [], 'no table of a month comes from them');
});
