import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { openDashboard, operator } from '../testing.ts';

const settings = {
  ...operator,
  LOGIN_HEADERS: 'on',
  TRUSTED_PROXIES: '10.0.0.0/8',
  OPERATOR_GROUPS: 'growers',
};
const proxy = '10.1.2.3';

async function open(t: TestContext, more: Record<string, string> = {}) {
  const { app } = await openDashboard(t, { ...settings, ...more });
  const ask = (
    from: string,
    headers: Record<string, string | string[]>,
    request: { method?: 'POST'; url: string; payload?: object } = { url: '/api/session' },
  ) =>
    app.inject({
      ...request,
      remoteAddress: from,
      headers: { host: 'farm.example', origin: 'http://farm.example', ...headers },
    });
  const visitor = async (from: string, headers: Record<string, string | string[]>) =>
    (await ask(from, headers)).json().visitor;
  return { app, ask, visitor };
}

test('a trusted proxy says who it has logged in, and their groups decide the role', async (t) => {
  const { visitor } = await open(t);
  const mei = { 'remote-user': 'mei', 'remote-groups': 'packers, growers' };
  assert.deepEqual(await visitor(proxy, mei), { name: 'company mei', role: 'operator', by: 'proxy' });
  const tom = await visitor(proxy, { 'remote-user': 'tom', 'remote-groups': 'growersx' });
  assert.equal(tom.role, 'viewer');
  assert.equal(await visitor(proxy, { 'remote-groups': 'growers' }), null);
});

test('from anyone else the same headers mean nothing, whatever they forward', async (t) => {
  const { visitor, ask } = await open(t);
  const forged = { 'remote-user': 'mei', 'remote-groups': 'growers' };
  for (const headers of [
    forged,
    { ...forged, 'x-forwarded-for': proxy },
    { ...forged, 'x-forwarded-for': `${proxy}, ${proxy}`, 'x-real-ip': proxy, forwarded: `for=${proxy}` },
  ]) {
    assert.equal(await visitor('192.0.2.1', headers), null);
    assert.equal((await ask('192.0.2.1', headers, { url: '/api/access' })).statusCode, 401);
  }
  const off = await open(t, { LOGIN_HEADERS: 'off' });
  assert.equal(await off.visitor(proxy, forged), null);
});

test('a header that the visitor sent beside the proxy’s is refused, also by other spellings', async (t) => {
  const { app, visitor } = await open(t, { TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  for (const headers of [
    { 'Remote-User': ['admin', 'tom'] },
    { 'Remote-User': 'tom', 'remote-groups': ['growers', 'packers'] },
    { 'Remote-User': 'tom\u00c2\u0085growers' },
    { 'Remote-User': 'x'.repeat(101) },
  ]) {
    const request = get(`${address}/api/session`, { headers });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    assert.match(await text(answer), /refused.login-header/, JSON.stringify(headers));
  }
  const underscore = { 'remote-user': 'tom', remote_groups: 'growers', 'remote-group': 'growers' };
  assert.equal((await visitor(proxy, underscore)).role, 'viewer');
});

test('a page behind the proxy needs its own token for a write, which another site cannot send', async (t) => {
  const { ask } = await open(t);
  const mei = { 'remote-user': 'mei', 'remote-groups': 'growers' };
  const session = await ask(proxy, mei);
  const csrf = session.cookies.find(({ name }) => name === 'XSRF-TOKEN')?.value ?? '';
  const write = (headers: Record<string, string>) =>
    ask(
      proxy,
      { ...mei, ...headers },
      { method: 'POST', url: '/api/tokens', payload: { name: 'a', role: 'viewer' } },
    );
  assert.equal((await write({})).statusCode, 403);
  assert.equal((await write({ 'x-xsrf-token': csrf })).statusCode, 403);
  assert.equal(
    (await write({ cookie: `XSRF-TOKEN=${csrf}`, 'x-xsrf-token': 'x'.repeat(43) })).statusCode,
    403,
  );
  const foreign = { cookie: `XSRF-TOKEN=${csrf}`, 'x-xsrf-token': csrf, origin: 'http://evil.example' };
  assert.equal((await write(foreign)).statusCode, 403);
  assert.equal((await write({ cookie: `XSRF-TOKEN=${csrf}`, 'x-xsrf-token': csrf })).statusCode, 200);
});

test('somebody in no group that may use the console gets a sentence', async (t) => {
  const { ask } = await open(t, { VIEWER_GROUPS: 'packers' });
  const answer = await ask(proxy, { 'remote-user': 'eve', 'remote-groups': 'guests' });
  assert.equal(answer.statusCode, 403);
  assert.match(answer.json().error, /eve/);
});
