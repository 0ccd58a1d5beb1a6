import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { readConfig } from '@mycelium/config';
import { openDashboard, operator } from '../testing.ts';
import { startProvider } from '../testing-provider.ts';
import { createCompanyLogin } from './company-login.ts';

const here = 'http://127.0.0.1:7300';

/** A browser as far as cookies go: it follows redirects between the console and the provider. */
async function farmWithProvider(t: TestContext, settings: Record<string, string> = {}) {
  const provider = await startProvider(t, [here]);
  const { app, pool } = await openDashboard(t, {
    ...operator,
    OIDC_ISSUER: provider.issuer,
    OIDC_CLIENT_ID: provider.clientId,
    OIDC_CLIENT_SECRET: provider.clientSecret,
    OPERATOR_GROUPS: 'growers, it',
    ...settings,
  });
  const browser = () => {
    const jar = new Map<string, string>();
    const open = async (url: string, method: 'GET' | 'POST' = 'GET') => {
      const answer = await app.inject({
        method,
        url: url.replace(here, ''),
        headers: {
          host: '127.0.0.1:7300',
          origin: here,
          cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
          ...(jar.has('XSRF-TOKEN') && { 'x-xsrf-token': jar.get('XSRF-TOKEN') }),
        },
      });
      for (const { name, value } of answer.cookies) value ? jar.set(name, value) : jar.delete(name);
      return answer;
    };
    return { open, jar };
  };
  const logIn = async (person: string, next = '/jobs') => {
    const { open, jar } = browser();
    const begin = await open(`/api/company-login?next=${encodeURIComponent(next)}`);
    assert.equal(begin.statusCode, 302, begin.body);
    const back = await provider.logIn(begin.headers.location as string, person);
    const answer = await open(back);
    return { open, jar, back, begin, location: answer.headers.location as string };
  };
  return { provider, pool, browser, logIn };
}

test('somebody of the operators’ group logs in with the company’s account and may act', async (t) => {
  const { logIn, pool } = await farmWithProvider(t);
  const { open, location } = await logIn('mei');
  assert.equal(location, '/jobs');
  const { visitor, company } = (await open('/api/session')).json();
  assert.deepEqual(visitor, { name: 'company mei', role: 'operator', by: 'company' });
  assert.equal(company, true);
  assert.equal((await open('/api/jobs/prune/pause', 'POST')).statusCode === 403, false);
  const { rows } = await pool.query(`select actor, detail from audit where action = 'login'`);
  assert.deepEqual(rows, [{ actor: 'company mei', detail: { subject: 'mei', role: 'operator' } }]);
});

test('anyone else whom the provider lets in is a viewer, or nobody if there are groups for viewers', async (t) => {
  const all = await farmWithProvider(t);
  const viewer = await all.logIn('tom');
  assert.equal((await viewer.open('/api/session')).json().visitor.role, 'viewer');
  assert.equal((await viewer.open('/api/access')).statusCode, 403);

  const some = await farmWithProvider(t, { VIEWER_GROUPS: 'packers' });
  const nobody = await some.logIn('tom');
  assert.equal(nobody.location, '/login?problem=refused.no-role&name=tom');
  assert.equal((await nobody.open('/api/session')).json().visitor, null);
});

test('groups are found in a nested claim and in the answer of userinfo', async (t) => {
  const { logIn } = await farmWithProvider(t, { OIDC_GROUPS_CLAIM: 'realm_access.roles' });
  const { open } = await logIn('mei');
  assert.equal((await open('/api/session')).json().visitor.role, 'operator');
});

test('logging out ends the session here and leads to the provider’s log-out', async (t) => {
  const { logIn, provider } = await farmWithProvider(t);
  const { open } = await logIn('mei');
  const { next } = (await open('/api/logout', 'POST')).json();
  assert.ok(next.startsWith(`${provider.issuer}/session/end?`), next);
  assert.equal(new URL(next).searchParams.get('post_logout_redirect_uri'), `${here}/login`);
  assert.equal((await open('/api/jobs')).statusCode, 401);
});

test('an answer is worth nothing twice, in another browser, or with another state or nonce', async (t) => {
  const { logIn, browser, provider } = await farmWithProvider(t);
  const { back, begin } = await logIn('mei');
  const attempt = begin.cookies.find(({ name }) => name === 'mycelium_company_login')?.value ?? '';

  const stranger = browser();
  assert.match((await stranger.open(back)).headers.location as string, /problem=refused.company-again/);
  // With the cookie too, the provider refuses a code that was used before.
  stranger.jar.set('mycelium_company_login', attempt);
  assert.match((await stranger.open(back)).headers.location as string, /problem=refused.company-login/);

  // Somebody sends a victim the end of their own login.
  const victim = browser();
  await victim.open('/api/company-login');
  const foreign = await browser().open('/api/company-login');
  const theirs = await provider.logIn(foreign.headers.location as string, 'tom');
  assert.match((await victim.open(theirs)).headers.location as string, /problem=refused.company-login/);

  const kept = (change: object) =>
    Buffer.from(
      JSON.stringify({ ...JSON.parse(Buffer.from(attempt, 'base64url').toString()), ...change }),
    ).toString('base64url');
  for (const change of [{ state: 'other' }, { nonce: 'other' }, { verifier: 'x'.repeat(43) }]) {
    const { open, jar } = browser();
    const started = await open('/api/company-login');
    const answer = await provider.logIn(started.headers.location as string, 'mei');
    const mine = jar.get('mycelium_company_login') ?? '';
    const own = JSON.parse(Buffer.from(mine, 'base64url').toString());
    jar.set('mycelium_company_login', kept({ ...own, ...change }));
    assert.match((await open(answer)).headers.location as string, /problem=refused.company-login/);
    assert.equal((await open('/api/session')).json().visitor, null);
  }
});

test('a link to the login leads to no other site afterwards', async (t) => {
  const { logIn } = await farmWithProvider(t);
  for (const next of ['https://evil.example/', '//evil.example/', '/\\evil.example', 'javascript:alert(1)']) {
    assert.equal((await logIn('mei', next)).location, '/', next);
  }
});

test('a provider that is down leaves the accounts of the console, and is asked again later', async (t) => {
  const { browser, provider } = await farmWithProvider(t, { OIDC_ISSUER: 'http://127.0.0.1:9' });
  const { open } = browser();
  assert.equal(
    (await open('/api/company-login')).headers.location,
    '/login?problem=refused.company-unreachable',
  );
  assert.ok(provider.issuer);
  assert.equal((await open('/api/session')).json().company, true);
});

test('a provider’s document does not send the console to a metadata service', async (t) => {
  const metadata = 'http://169.254.169.254/latest/meta-data/';
  let issuer = '';
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    const document = { issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: metadata };
    response.end(JSON.stringify({ ...document, jwks_uri: metadata }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const provider = { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: 'mycelium', OIDC_CLIENT_SECRET: 'a secret' };
  const login = createCompanyLogin(readConfig({ MYCELIUM_HOME: '/nowhere', ...provider }));
  const back = new URL(`${here}/api/company-login/back`);
  const { attempt } = (await login?.begin(back, '/')) ?? assert.fail('no login');
  back.search = new URLSearchParams({ code: 'code', state: attempt.state, iss: issuer }).toString();
  await assert.rejects(login?.finish(back, attempt) ?? Promise.resolve(), (error: Error) => {
    assert.match(inspect(error), /forbidden_address/);
    return true;
  });
});
