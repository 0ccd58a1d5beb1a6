import assert from 'node:assert/strict';
import { get } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { openFarm } from './browser/farm.ts';
import { startNginx } from './tools/nginx.ts';

interface Answer {
  status: number;
  body: string;
  cookies: string[];
}

/** Sends a request to nginx under the name that visitors use. `fetch` cannot send another Host header. */
function ask(url: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = { method, headers: { host: 'farm.example', ...headers } };
    get(url, request, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body, cookies: response.headers['set-cookie'] ?? [] });
    }).on('error', reject);
  });
}

describe('a farm without a login behind nginx', () => {
  let farm: Awaited<ReturnType<typeof openFarm>>;
  const releases: (() => unknown)[] = [];
  const t = { after: (release: () => unknown) => releases.push(release) };
  const { MYCELIUM_HOME: home } = readConfig();
  before(async () => {
    farm = await openFarm(t, {}, { empty: true });
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  test('visitors of a proxy that adds no headers can read and change nothing', async () => {
    const visitors = await startNginx(t, home, `location / { proxy_pass ${farm.address}; }`);
    const { body: session, cookies } = await ask(`${visitors}/api/session`);
    assert.equal(JSON.parse(session).visitor, null);
    assert.deepEqual(cookies, []);
    for (const path of [
      '/api/today',
      '/api/access',
      '/api/openapi.json',
      '/queues/api/queues',
      '/api/events',
    ]) {
      const { status, body } = await ask(`${visitors}${path}`);
      assert.equal(status, 401, `${path}: ${body}`);
      assert.doesNotMatch(body, /env-stats|rooms/);
    }
    const { body } = await ask(`${visitors}/api/today`);
    assert.match(JSON.parse(body).error, /no login.*DASHBOARD_USER and DASHBOARD_PASSWORD/);

    // Everything that a page of the console would send, with made-up values.
    const forged = {
      origin: farm.address,
      'sec-fetch-site': 'same-origin',
      'content-type': 'application/json',
      'x-xsrf-token': 'A'.repeat(43),
      cookie: `mycelium_pass_${new URL(farm.address).port}=${'A'.repeat(43)}; XSRF-TOKEN=${'A'.repeat(43)}`,
    };
    for (const path of ['/api/jobs/daily_env_stats/pause', '/api/accounts', '/api/tokens']) {
      const { status } = await ask(`${visitors}${path}`, forged, 'POST');
      assert.equal(status, 401, path);
    }
    const { rows } = await farm.pool.query(
      `select (select count(*) from console_account) + (select count(*) from api_token) as made,
              (select count(*) from schedule where paused_at is not null) as paused`,
    );
    assert.deepEqual(rows, [{ made: 0, paused: 0 }]);
  });

  const marks = {
    'the name that visitors use': 'proxy_set_header Host $host;',
    'an address': 'proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    'a protocol, over HTTP/1.1': 'proxy_http_version 1.1; proxy_set_header X-Forwarded-Proto $scheme;',
  };
  for (const [what, setting] of Object.entries(marks)) {
    test(`a proxy that passes on ${what} is refused entirely, with the reason`, async () => {
      const visitors = await startNginx(t, home, `location / { proxy_pass ${farm.address}; ${setting} }`);
      for (const path of ['/', '/login', '/api/session', '/api/today', '/queues']) {
        const { status, body } = await ask(`${visitors}${path}`);
        assert.equal(status, 421, path);
        assert.match(body, /has no login.*Set DASHBOARD_USER and DASHBOARD_PASSWORD/s);
      }
    });
  }
});
