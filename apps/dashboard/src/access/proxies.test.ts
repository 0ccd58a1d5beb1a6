import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { openDashboard, operator } from '../testing.ts';

const origin = 'http://farm.example';

async function behind(t: TestContext, settings: Record<string, string> = {}) {
  const { app, pool } = await openDashboard(t, {
    ...operator,
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    ...settings,
  });
  const { DASHBOARD_USER: name } = operator;
  const logIn = (
    from: { socket: string; visitor: string },
    { password = operator.DASHBOARD_PASSWORD, headers = {} as Record<string, string> } = {},
  ) =>
    app.inject({
      method: 'POST',
      url: '/api/login',
      remoteAddress: from.socket,
      headers: { host: 'farm.example', origin, 'x-forwarded-for': from.visitor, ...headers },
      payload: { name, password },
    });
  const addresses = async () =>
    (await pool.query<{ subject: string }>('select subject from audit order by id')).rows.map(
      ({ subject }) => subject,
    );
  return { app, logIn, addresses };
}

test('the audit log has the address that a trusted proxy reports, and that of anyone else as it is', async (t) => {
  const { logIn, addresses } = await behind(t);
  await logIn({ socket: '10.1.2.3', visitor: '198.51.100.7' });
  await logIn({ socket: '10.1.2.3', visitor: '203.0.113.5, 198.51.100.7, 10.9.9.9' });
  await logIn({ socket: '192.0.2.1', visitor: '198.51.100.7' });
  assert.deepEqual(await addresses(), ['198.51.100.7', '198.51.100.7', '192.0.2.1']);
});

test('visitors of one proxy are locked out one by one', async (t) => {
  const { logIn } = await behind(t);
  const wrong = () => logIn({ socket: '10.1.2.3', visitor: '198.51.100.7' }, { password: 'wrong' });
  const codes: number[] = [];
  for (let n = 0; n < 21; n++) codes.push((await wrong()).statusCode);
  assert.equal(codes.at(-1), 429);
  const other = await logIn({ socket: '10.1.2.3', visitor: '198.51.100.8' });
  assert.equal(other.statusCode, 200, other.body);
  // Who is no proxy cannot take another's address to get around it.
  const liar = { socket: '192.0.2.1', visitor: '198.51.100.9' };
  for (let n = 0; n < 6; n++) await logIn({ ...liar, visitor: `198.51.100.${n}` }, { password: 'wrong' });
  assert.equal((await logIn(liar)).statusCode, 429);
});

test('cookies are Secure behind TLS, as the proxy or the browser says', async (t) => {
  const { logIn } = await behind(t);
  const secure = async (socket: string, headers: Record<string, string>) => {
    const answer = await logIn({ socket, visitor: '198.51.100.7' }, { headers });
    assert.equal(answer.statusCode, 200, answer.body);
    return answer.cookies.map((cookie) => cookie.secure ?? false);
  };
  assert.deepEqual(await secure('10.1.2.3', { 'x-forwarded-proto': 'https' }), [true, true]);
  assert.deepEqual(await secure('192.0.2.1', { 'x-forwarded-proto': 'https' }), [false, false]);
  assert.deepEqual(await secure('192.0.2.1', { origin: 'https://farm.example' }), [true, true]);
});

test('a proxy that replaces the Host header gets a sentence that names it', async (t) => {
  const { logIn } = await behind(t);
  const replaced = { host: '127.0.0.1:7300', 'sec-fetch-site': 'same-origin' };
  const answer = await logIn({ socket: '192.0.2.1', visitor: '198.51.100.7' }, { headers: replaced });
  assert.equal(answer.statusCode, 403);
  assert.match(answer.json().error, /Host header.*asked for farm\.example.*got 127\.0\.0\.1:7300/);
  // A trusted proxy may report the name instead.
  const reported = { ...replaced, 'x-forwarded-host': 'farm.example' };
  const trusted = await logIn({ socket: '10.1.2.3', visitor: '198.51.100.7' }, { headers: reported });
  assert.equal(trusted.statusCode, 200, trusted.body);
  const untrusted = await logIn({ socket: '192.0.2.1', visitor: '198.51.100.7' }, { headers: reported });
  assert.equal(untrusted.statusCode, 403);
});

test('with a base path, every address that the dashboard writes begins with it', async (t) => {
  const { app } = await behind(t, { DASHBOARD_BASE_PATH: '/mycelium' });
  const ask = (url: string, accept = 'application/json') =>
    app.inject({ url, headers: { host: 'farm.example', accept } });
  for (const url of ['/mycelium/queues?x=1', '/queues?x=1']) {
    const { statusCode, headers } = await ask(url, 'text/html');
    assert.deepEqual(
      [statusCode, headers.location],
      [302, `/mycelium/login?next=${encodeURIComponent('/mycelium/queues?x=1')}`],
    );
  }
  for (const url of ['/mycelium', '/mycelium/', '/mycelium?a', '/mycelium/rooms/611', '/'])
    assert.equal((await ask(url)).statusCode, 200, url);
  assert.equal((await ask('/mycelium/readyz')).statusCode, 200);
  for (const url of ['/mycelium/api/nothing', '/myceliumapi/today', '/mycelium/mycelium/api/today'])
    assert.notEqual((await ask(url)).headers['content-type'], 'application/json', url);
  const page = (await ask('/mycelium/rooms/611')).body;
  const written = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address = '']) => address);
  assert.ok(
    written.length > 2 && written.every((address) => address.startsWith('/mycelium/')),
    String(written),
  );
  for (const address of written) assert.equal((await ask(address)).statusCode, 200, address);
  assert.equal(await serverOf(app), '/mycelium');
});

async function serverOf(app: FastifyInstance): Promise<string> {
  await app.ready();
  const { headers } = await app.inject({ url: '/api/session', headers: { host: 'farm.example' } });
  assert.ok(headers['content-type']);
  const login = await app.inject({
    method: 'POST',
    url: '/api/login',
    headers: { host: 'farm.example', origin },
    payload: { name: operator.DASHBOARD_USER, password: operator.DASHBOARD_PASSWORD },
  });
  const cookie = login.cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const description = await app.inject({
    url: '/api/openapi.json',
    headers: { host: 'farm.example', cookie },
  });
  return description.json().servers[0].url;
}
