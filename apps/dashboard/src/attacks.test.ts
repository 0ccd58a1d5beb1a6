import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { Pool } from '@mycelium/database';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { createAccount, createToken } from './access/account.ts';
import { openDashboard, operator, visit } from './testing.ts';

const run = promisify(execFile);

const owner = { name: operator.DASHBOARD_USER, password: operator.DASHBOARD_PASSWORD };
const guest = { name: 'guest', password: 'another pass phrase' };

interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** As documented: `/api/images/{id}`. */
  path: string;
  url: string;
  parameters: { name: string; in: string }[];
  /** The fields of the body. */
  fields: string[];
}

interface Described {
  parameters?: Route['parameters'];
  requestBody?: { content: Record<string, { schema: { properties?: object } }> };
}

/** Every route in the API's own description, so that a new route is attacked without being listed here. */
async function routesOf(app: FastifyInstance, token: string | undefined): Promise<Route[]> {
  const answer = await app.inject({
    url: '/api/openapi.json',
    headers: { authorization: `Bearer ${token}` },
  });
  const { paths } = answer.json<{ paths: Record<string, Record<string, Described>> }>();
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody }]) => ({
      method: method.toUpperCase() as Route['method'],
      path,
      url: path.replace('{job}', 'daily_env_stats').replaceAll(/\{\w+\}/g, '1'),
      parameters,
      fields: Object.keys(requestBody?.content['application/json']?.schema.properties ?? {}),
    })),
  );
}

const createTokenFor = async (pool: Pool) =>
  createToken(pool, { name: 'reader', role: 'viewer', createdBy: 'test' });

const open = new Set(['/api/session', '/api/login']);
/** The doors of devices, each with its own token. */
const doors = [
  { path: '/api/readings', token: 'only for readings', payload: [], accepts: 200 },
  { path: '/api/images', token: 'only for pictures', payload: '', accepts: 400 },
  { path: '/api/events/s3', token: 'only for pictures', payload: { Event: 's3:TestEvent' }, accepts: 200 },
];
const doorTokens = { INGEST_TOKEN: 'only for readings', IMAGE_TOKEN: 'only for pictures' };
const isDoor = (address: string | undefined) => doors.some(({ path }) => path === address);
/** Writes that change nothing. */
const forViewers = new Set([
  '/api/logout',
  '/api/search/picture',
  '/api/second-factor',
  '/api/second-factor/secret',
  '/api/second-factor/remove',
]);
const boardWrites: InjectOptions[] = [
  { method: 'PUT', url: '/queues/api/queues/env-stats/1/retry' },
  { method: 'PUT', url: '/queues/api/queues/env-stats/pause' },
  { method: 'PUT', url: '/queues/api/queues/env-stats/empty' },
  { method: 'POST', url: '/queues/api/queues/env-stats/add', payload: {} },
  { method: 'PUT', url: '/queues/api/queues/env-stats/job-schedulers/daily_env_stats/remove' },
];

describe('a dashboard with a login', () => {
  let farm: Awaited<ReturnType<typeof openDashboard>>;
  let routes: Route[];
  let writes: InjectOptions[];
  let now = new Date();
  /** Logging in is slow on purpose: tests that do not need their own session share one. */
  let asOwner: Awaited<ReturnType<typeof visit>>;
  let asGuest: Awaited<ReturnType<typeof visit>>;

  const releases: (() => unknown)[] = [];
  after(async () => {
    for (const release of releases.reverse()) await release();
  });
  before(async () => {
    const t = { after: (release: () => unknown) => releases.push(release) };
    farm = await openDashboard(t, { ...operator, ...doorTokens }, { clock: () => now });
    await createAccount(farm.pool, { ...guest, role: 'viewer' });
    await farm.pool.query(
      `insert into runs (job, slot, status, cause) values ('daily_env_stats', now(), 'succeeded', 'manual')`,
    );
    routes = (await routesOf(farm.app, await createTokenFor(farm.pool))).filter(
      ({ path }) => path !== '/api/events',
    );
    writes = [
      ...routes
        .filter(
          ({ method, path }) => method !== 'GET' && !open.has(path) && !forViewers.has(path) && !isDoor(path),
        )
        .map(({ method, url }) => ({ method, url, ...(method === 'POST' && { payload: {} }) })),
      ...boardWrites,
    ];
    [asOwner, asGuest] = await Promise.all([visit(farm.app, owner), visit(farm.app, guest)]);
    assert.ok(routes.length > 25 && writes.length > 12, `${routes.length} routes, ${writes.length} writes`);
  });

  test('shows nothing without a login', async () => {
    const reads = routes.filter(({ path }) => !open.has(path)).map(({ method, url }) => ({ method, url }));
    const stranger = await visit(farm.app);
    for (const request of [
      ...reads,
      { url: '/api/openapi.json' },
      { url: '/queues/api/queues' },
      ...boardWrites,
    ]) {
      const { statusCode, body } = await stranger.send(request as InjectOptions);
      assert.equal(statusCode, 401, `${request.url}: ${body}`);
    }
    const page = await stranger.send({ url: '/queues', headers: { accept: 'text/html' } });
    assert.equal(page.statusCode, 302);
    assert.equal(page.headers.location, '/login?next=%2Fqueues');
  });

  test('lets a viewer read everything and change nothing', async () => {
    assert.equal((await asGuest.send({ url: '/api/today' })).statusCode, 200);
    assert.equal((await asGuest.send({ url: '/queues/api/queues' })).statusCode, 200);
    assert.equal((await asGuest.send({ url: '/api/access' })).statusCode, 403);
    for (const request of writes) {
      const { statusCode, body } = await asGuest.send(request);
      assert.equal(statusCode, 403, `${request.method} ${request.url}: ${body}`);
    }
  });

  const forgeries: [string, Record<string, string>][] = [
    ['from another site', { origin: 'https://evil.example' }],
    ['from another port of this machine', { origin: 'http://127.0.0.1:9999' }],
    ['from a sandboxed frame', { origin: 'null' }],
    ['that declares itself cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['that declares itself same-site', { 'sec-fetch-site': 'same-site' }],
    ['without the token of the page', { 'x-xsrf-token': '' }],
    ['with a made-up token', { 'x-xsrf-token': 'A'.repeat(43) }],
  ];
  for (const [what, headers] of forgeries) {
    test(`refuses an operator's write ${what}`, async () => {
      const { send } = asOwner;
      for (const request of writes) {
        const { statusCode, body } = await send({ ...request, headers });
        assert.equal(statusCode, 403, `${request.method} ${request.url}: ${body}`);
      }
    });
  }

  test('refuses a write without an origin', async () => {
    const { jar } = asOwner;
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    for (const request of writes) {
      const headers = { host: '127.0.0.1:7300', cookie, 'x-xsrf-token': jar.get('XSRF-TOKEN') };
      assert.equal((await farm.app.inject({ ...request, headers })).statusCode, 403, String(request.url));
    }
  });

  test('accepts no forged or expired session, nor the hash of one', async () => {
    const { rows } = await farm.pool.query<{ hash: string }>(
      `select encode(token_hash, 'hex') as hash from console_session limit 1`,
    );
    for (const forged of ['x', 'A'.repeat(43), rows[0]?.hash ?? '', "' or true --", '../../etc/passwd']) {
      const cookie = `mycelium_session=${encodeURIComponent(forged)}`;
      const { statusCode } = await farm.app.inject({ url: '/api/today', headers: { cookie } });
      assert.equal(statusCode, 401, forged);
    }
    const { send } = asOwner;
    const started = now;
    now = new Date(now.getTime() + 13 * 3_600_000);
    assert.equal((await send({ url: '/api/today' })).statusCode, 401);
    now = started;
  });

  test('accepts a program’s token with the token’s role until it is removed', async () => {
    const viewing = await createToken(farm.pool, { name: 'grafana', role: 'viewer', createdBy: 'test' });
    const acting = await createToken(farm.pool, { name: 'robot', role: 'operator', createdBy: 'test' });
    const ask = (token: string | undefined, request: InjectOptions) =>
      farm.app.inject({ ...request, headers: { authorization: `Bearer ${token}` } });
    const pause = { method: 'POST', url: '/api/jobs/daily_env_stats/pause' } as const;

    assert.equal((await ask(viewing, { url: '/api/today' })).statusCode, 200);
    assert.equal((await ask(viewing, pause)).statusCode, 403);
    // 409: the role allows it, but this test has no scheduler that registered the job's schedule.
    assert.equal((await ask(acting, pause)).statusCode, 409);
    assert.equal((await ask(`${acting}x`, { url: '/api/today' })).statusCode, 401);
    await farm.pool.query('delete from api_token');
    assert.equal((await ask(acting, { url: '/api/today' })).statusCode, 401);
  });

  for (const { path, token, payload, accepts } of doors) {
    test(`opens ${path} only with its own token, which gives access to nothing else`, async () => {
      const acting = await createToken(farm.pool, { name: 'acting', role: 'operator', createdBy: 'test' });
      const post = {
        method: 'POST',
        url: path === '/api/images' ? `${path}?room=611` : path,
        payload,
      } as const;
      const bearer = (sent: string | undefined) => ({ authorization: `Bearer ${sent}` });

      assert.equal((await farm.app.inject({ ...post, headers: bearer(token) })).statusCode, accepts);
      const { send } = await visit(farm.app, owner);
      assert.equal((await send(post)).statusCode, 401);
      assert.equal((await send({ ...post, headers: bearer(acting) })).statusCode, 401);
      const others = doors
        .filter((door) => door.token !== token)
        .map((door) => ({ method: 'POST', url: door.path }) as const);
      for (const request of [{ url: '/api/today' }, { url: '/queues/api/queues' }, ...others, ...writes]) {
        const answer = await farm.app.inject({ ...request, headers: bearer(token) });
        assert.ok([401, 403].includes(answer.statusCode), `${request.url}: ${answer.statusCode}`);
      }
    });
  }

  const injections = [
    "'; drop table image; --",
    "' or '1'='1",
    '1); delete from runs; --',
    '$1',
    '\0',
    '../../../../etc/passwd',
    '..%2f..%2fpackage.json',
    'file:///etc/passwd',
    '__proto__',
  ];
  for (const word of injections) {
    test(`takes ${JSON.stringify(word)} in any parameter of any route as text`, async () => {
      const { send } = asOwner;
      const attacked = routes.filter(({ path }) => !open.has(path) && path !== '/api/logout');
      for (const { method, path, url, parameters, fields } of attacked) {
        const text = encodeURIComponent(word);
        const named = parameters.filter((parameter) => parameter.in === 'query');
        const payload =
          method === 'POST' ? Object.fromEntries(fields.map((name) => [name, word])) : undefined;
        const tries: InjectOptions[] = [
          { url: path.replaceAll(/\{\w+\}/g, text), ...(payload && { payload: {} }) },
          ...named.map(({ name }) => ({ url: `${url}?${name}=${text}`, ...(payload && { payload: {} }) })),
          ...(payload ? [{ url, payload }] : []),
          ...fields.map((name) => ({ url, payload: { ...payload, [name]: [word] } })),
        ];
        for (const attempt of tries) {
          const { statusCode, body } = await send({ method, ...attempt });
          assert.ok(statusCode < 500 || /needs a model/.test(body), `${attempt.url}: ${statusCode} ${body}`);
          assert.doesNotMatch(body, /root:x:|"workspaces"|syntax error/, String(attempt.url));
        }
      }
      const { rows } = await farm.pool.query(
        `select to_regclass('image') as image, (select count(*) from runs) as runs`,
      );
      assert.deepEqual(rows, [{ image: 'image', runs: 1 }]);
    });
  }

  test('returns a script in a message as text, under a policy that forbids scripts', async () => {
    const script = '<script>alert(document.cookie)</script><img src=x onerror=alert(1)>';
    await farm.pool.query(
      `insert into alert (kind, subject, severity, message) values ('no-data', 'room 1', 'warning', $1)`,
      [script],
    );
    const { send } = asOwner;
    const { headers, body } = await send({ url: '/api/alerts' });
    assert.ok(body.includes(script));
    assert.match(String(headers['content-type']), /^application\/json/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    // Errors quote what was sent.
    const wrong = await send({ url: `/api/images?room=${encodeURIComponent(script.repeat(3))}` });
    assert.match(String(wrong.headers['content-type']), /^application\/json/);
  });

  test('never serves a file outside the folder of its pages', async () => {
    for (const path of [
      '/../package.json',
      '/..%2fpackage.json',
      '/assets/..%2f..%2fpackage.json',
      '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
      '/..%5c..%5cpackage.json',
      '/queues/static/..%2f..%2fpackage.json',
      '/assets/%00',
      '//etc/passwd',
    ]) {
      const { body } = await farm.app.inject({ url: path });
      assert.doesNotMatch(body, /"(dependencies|workspaces)"|root:/, path);
    }
  });

  test('refuses a body that is too large or of another type', async () => {
    const { send } = asOwner;
    const post = (url: string, payload: string, type = 'application/json') =>
      send({ method: 'POST', url, payload, headers: { 'content-type': type } });
    for (const { path, url } of routes.filter(
      ({ method, fields }) => method === 'POST' && fields.length > 0,
    )) {
      const { statusCode } = await post(url, `{"name":"${'x'.repeat(300_000)}"}`);
      assert.equal(statusCode, 413, path);
    }
    assert.equal((await post('/api/backfill', '{"what":')).statusCode, 400);
    assert.equal((await post('/api/backfill', '{"__proto__":{"x":1}}')).statusCode, 400);
    assert.equal((await post('/api/backfill', '[]')).statusCode, 400);
    assert.equal((await post('/api/search/picture', 'GIF89a', 'image/png')).statusCode, 415);
    assert.equal((await post('/api/search/picture', '<svg/>', 'image/svg+xml')).statusCode, 415);
    assert.equal((await post('/api/search/picture', 'x'.repeat(21_000_000), 'image/png')).statusCode, 413);
  });

  test('sends its content security policy with every page', async () => {
    const { send } = asOwner;
    for (const url of ['/', '/login', '/api/today', '/queues', '/nothing', '/livez']) {
      const { headers } = await send({ url });
      assert.match(String(headers['content-security-policy']), /script-src 'self';/, url);
      assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/, url);
      assert.equal(headers['x-frame-options'], 'DENY', url);
      assert.equal(headers['x-content-type-options'], 'nosniff', url);
      assert.equal(headers['access-control-allow-origin'], undefined, url);
    }
  });

  test('slows down guessing, even when the last guess is right', async () => {
    const guess = (password: string) =>
      farm.app.inject({
        method: 'POST',
        url: '/api/login',
        payload: { name: owner.name, password },
        remoteAddress: '10.9.8.7',
        headers: { host: 'farm', origin: 'http://farm' },
      });
    const answers = await Promise.all(Array.from({ length: 8 }, (_, n) => guess(`guess number ${n}`)));
    const codes = answers.map(({ statusCode }) => statusCode).sort();
    assert.deepEqual(codes, [401, 401, 401, 401, 401, 429, 429, 429]);
    const right = await guess(owner.password);
    assert.equal(right.statusCode, 429);
    assert.ok(Number(right.headers['retry-after']) > 0);
  });

  test('stores no password or token in plain text', async () => {
    const token = await createToken(farm.pool, { name: 'canary', role: 'viewer', createdBy: 'test' });
    const { jar } = asOwner;
    for (const table of ['console_account', 'console_session', 'api_token', 'audit']) {
      const { rows } = await farm.pool.query(`select to_jsonb(t)::text as row from ${table} t`);
      const text = rows.map(({ row }) => row).join('\n');
      for (const secret of [owner.password, guest.password, token, jar.get('mycelium_session')]) {
        assert.ok(!text.includes(String(secret)), table);
      }
    }
  });
});

describe('a dashboard without a login', () => {
  const pause = { method: 'POST', url: '/api/jobs/daily_env_stats/pause' } as const;

  test('answers only to the names of this machine', async (t) => {
    const { app } = await openDashboard(t);
    const { send } = await visit(app);
    const ask = (host: string) => send({ url: '/api/today', headers: { host } });
    for (const host of ['127.0.0.1:7300', 'localhost:7300', '[::1]:7300']) {
      assert.equal((await ask(host)).statusCode, 200, host);
    }
    // An attacker's names that resolve to this machine.
    for (const host of ['evil.example', '127.0.0.1.evil.example', '192.168.1.5:7300']) {
      assert.equal((await ask(host)).statusCode, 421, host);
    }
    assert.equal((await send(pause)).statusCode, 409);
    assert.equal((await send({ ...pause, headers: { origin: 'https://evil.example' } })).statusCode, 403);
    assert.equal((await send({ ...pause, headers: { 'x-xsrf-token': '' } })).statusCode, 403);
  });

  test('shows nothing and does nothing without the pass of a browser on this machine', async (t) => {
    const { app, pool } = await openDashboard(t);
    const routes = await routesOf(app, await createTokenFor(pool));
    const { jar } = await visit(app);
    const headers = {
      host: '127.0.0.1:7300',
      origin: 'http://127.0.0.1:7300',
      'x-xsrf-token': String(jar.get('XSRF-TOKEN')),
      'sec-fetch-site': 'same-origin',
    };
    const attempts: InjectOptions[] = [...routes.filter(({ path }) => !open.has(path)), ...boardWrites];
    for (const cookie of ['', 'mycelium_pass_0=x', `mycelium_pass_0=${'A'.repeat(43)}`]) {
      for (const { method = 'GET', url } of attempts) {
        if (isDoor(url?.toString().split('?')[0])) continue;
        const { statusCode, body } = await app.inject({
          method,
          url: url as string,
          headers: { ...headers, cookie },
        });
        assert.equal(statusCode, 401, `${method} ${url}: ${body}`);
      }
    }
    const { visitor } = (await app.inject({ url: '/api/session', headers })).json();
    assert.equal(visitor, null);
  });

  test('refuses every request with proxy headers, with or without the pass', async (t) => {
    const { app } = await openDashboard(t);
    const { send } = await visit(app);
    for (const header of [
      'forwarded',
      'via',
      'x-forwarded-for',
      'x-forwarded-proto',
      'x-forwarded-host',
      'x-forwarded-port',
      'x-forwarded-prefix',
      'x-forwarded-server',
      'x-real-ip',
      'x-client-ip',
      'true-client-ip',
      'cf-connecting-ip',
    ]) {
      for (const request of [{ url: '/' }, { url: '/api/session' }, { url: '/queues' }, pause]) {
        const answer = await send({ ...request, headers: { [header]: '203.0.113.9' } });
        assert.equal(answer.statusCode, 421, `${header} ${request.url}`);
        assert.match(answer.json().error, /has no login.*DASHBOARD_USER and DASHBOARD_PASSWORD/s);
      }
    }
    const page = await send({ url: '/', headers: { via: '1.1 proxy', accept: 'text/html,*/*' } });
    assert.match(page.body, /has no login.*DASHBOARD_USER/);
    assert.match(page.body, /没有设置登录/);
    const afar = await app.inject({
      url: '/api/session',
      remoteAddress: '192.168.1.7',
      headers: { host: '127.0.0.1:7300' },
    });
    assert.equal(afar.statusCode, 421);
  });

  test('requires no pass from a program on this machine', async (t) => {
    const { app, pool } = await openDashboard(t);
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const script = `
      const address = process.argv[1];
      const session = await fetch(address + '/api/session');
      const [cookie] = session.headers.getSetCookie()[0].split(';');
      const written = await fetch(address + '/api/tokens', {
        method: 'POST',
        headers: { cookie, origin: address, 'x-xsrf-token': cookie.split('=')[1], 'content-type': 'application/json' },
        body: JSON.stringify({ name: 'made by a script', role: 'viewer' }),
      });
      console.log(JSON.stringify([(await session.json()).visitor, written.status]));
      process.exit();`;
    // A shell starts it: this process, the same program, listens.
    const command = '"$0" --input-type=module --eval "$1" "$2"; true';
    const { stdout } = await run('sh', ['-c', command, process.execPath, script, address]);
    assert.deepEqual(JSON.parse(stdout), [{ name: 'local', role: 'operator', by: 'local' }, 200]);
    const { rows } = await pool.query('select name, created_by from api_token');
    assert.deepEqual(rows, [{ name: 'made by a script', created_by: 'local' }]);
  });

  test('issues the pass on a separate port and redirects only to its own pages', async (t) => {
    const { app } = await openDashboard(t);
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    const { passPort, visitor } = await (await fetch(`${address}/api/session`)).json();
    assert.equal(visitor, null);
    const knock = (next: string) =>
      fetch(`http://127.0.0.1:${passPort}/?next=${encodeURIComponent(next)}`, { redirect: 'manual' });
    const answer = await knock('/runs?job=prune');
    assert.equal(answer.headers.get('location'), `${address}/runs?job=prune`);
    const [cookie = ''] = answer.headers.getSetCookie();
    assert.match(cookie, /HttpOnly; SameSite=Strict/);
    const known = await fetch(`${address}/api/session`, {
      headers: { cookie: cookie.split(';')[0] as string },
    });
    assert.deepEqual((await known.json()).visitor, { name: 'local', role: 'operator', by: 'local' });
    for (const next of [
      'https://evil.example/',
      '//evil.example',
      'http://127.0.0.1:1/',
      'javascript:alert(1)',
    ]) {
      assert.equal((await knock(next)).headers.get('location'), `${address}/`, next);
    }
    assert.equal(app.localPass?.answer({ host: 'evil.example', url: '/' }).status, 421);
  });
});
