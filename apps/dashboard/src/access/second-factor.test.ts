import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { openDashboard, operator, visit } from '../testing.ts';

const name = operator.DASHBOARD_USER;
const password = operator.DASHBOARD_PASSWORD;
const codeAt = (secret: string, now: Date) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now.getTime() });

/** A farm whose operator has a second factor, with a clock that the test moves. */
async function withSecondFactor(t: TestContext) {
  let now = new Date('2026-08-01T02:00:00Z');
  const { app, pool } = await openDashboard(t, operator, { clock: () => now });
  const page = await visit(app, { name, password });
  const other = await visit(app, { name, password });
  const { secret, uri } = (await page.send({ method: 'POST', url: '/api/second-factor/secret' })).json();
  const set = (code: string) =>
    page.send({ method: 'PUT', url: '/api/second-factor', payload: { secret, code, password } });
  const logIn = async (code?: string) =>
    (await visit(app)).send({ method: 'POST', url: '/api/login', payload: { name, password, code } });
  return {
    ...{ app, pool, page, other, secret, uri, set, logIn },
    code: () => codeAt(secret, now),
    wait: (seconds: number) => {
      now = new Date(now.getTime() + seconds * 1_000);
    },
  };
}

test('a login asks for the code once its owner has confirmed the app, and other sessions end', async (t) => {
  const { set, logIn, code, wait, other, page, uri } = await withSecondFactor(t);
  assert.match(uri, /^otpauth:\/\/totp\/Mycelium:grower\?issuer=Mycelium&secret=[A-Z2-7]{32}&/);
  assert.equal((await set('000000')).json().code, 'refused.code');
  assert.equal((await logIn()).statusCode, 200);
  assert.equal((await set(code())).statusCode, 200);
  assert.equal((await page.send({ url: '/api/second-factor' })).json().on, true);
  assert.equal((await other.send({ url: '/api/second-factor' })).statusCode, 401);
  assert.equal((await logIn()).json().code, 'refused.code-needed');
  wait(30);
  const good = await logIn(code());
  assert.equal(good.statusCode, 200, good.body);
});

test('a code works once, also when two send it at the same time, and for half a minute before and after', async (t) => {
  const { set, logIn, code, wait } = await withSecondFactor(t);
  const first = code();
  assert.equal((await set(first)).statusCode, 200);
  assert.equal((await logIn(first)).json().code, 'refused.code');
  wait(60);
  const second = code();
  const both = await Promise.all([logIn(second), logIn(second)]);
  assert.deepEqual(both.map(({ statusCode }) => statusCode).sort(), [200, 401]);
  wait(30);
  const late = code();
  wait(30);
  assert.equal((await logIn(late)).statusCode, 200);
  const old = code();
  wait(90);
  assert.equal((await logIn(old)).json().code, 'refused.code');
});

test('who knows the password cannot guess the code: five attempts, then a pause', async (t) => {
  const { set, logIn, code, wait } = await withSecondFactor(t);
  await set(code());
  const answers: number[] = [];
  for (let n = 0; n < 6; n++) answers.push((await logIn(n % 2 ? undefined : '123456')).statusCode);
  assert.deepEqual(answers, [401, 401, 401, 401, 401, 429]);
  wait(30);
  assert.equal((await logIn(code())).statusCode, 429);
  wait(15 * 60);
  assert.equal((await logIn(code())).statusCode, 200);
});

test('its owner removes it with a code, another operator without one, and nobody else', async (t) => {
  const { app, set, page, code, wait, logIn } = await withSecondFactor(t);
  await set(code());
  const remove = (who: typeof page, url: string) => who.send({ method: 'DELETE', url });
  const drop = (code: string) =>
    page.send({ method: 'POST', url: '/api/second-factor/remove', payload: { code } });
  const own = `/api/accounts/${name}/second-factor`;
  assert.equal((await remove(page, own)).json().code, 'refused.own-factor');
  assert.equal((await drop('000000')).json().code, 'refused.code');

  const account = { password: 'another pass phrase' };
  for (const [who, role] of [['ann', 'operator'] as const, ['vic', 'viewer'] as const])
    await page.send({ method: 'POST', url: '/api/accounts', payload: { ...account, name: who, role } });
  const vic = await visit(app, { ...account, name: 'vic' });
  assert.equal((await remove(vic, own)).statusCode, 403);
  const ann = await visit(app, { ...account, name: 'ann' });
  assert.equal((await remove(ann, own)).statusCode, 200);
  assert.equal((await remove(ann, own)).statusCode, 404);
  assert.equal((await logIn()).statusCode, 200);

  wait(60);
  await set(code());
  wait(60);
  assert.equal((await drop(code())).statusCode, 200);
  assert.equal((await logIn()).statusCode, 200);
});

test('a viewer may guard their own account too; a token has none', async (t) => {
  const { app, page } = await withSecondFactor(t);
  const account = { name: 'vic', password: 'another pass phrase' };
  await page.send({ method: 'POST', url: '/api/accounts', payload: { ...account, role: 'viewer' } });
  const vic = await visit(app, account);
  const { secret } = (await vic.send({ method: 'POST', url: '/api/second-factor/secret' })).json();
  const code = codeAt(secret, new Date('2026-08-01T02:00:00Z'));
  const set = await vic.send({
    method: 'PUT',
    url: '/api/second-factor',
    payload: { secret, code, password: account.password },
  });
  assert.equal(set.statusCode, 200, set.body);

  const { token } = (
    await page.send({ method: 'POST', url: '/api/tokens', payload: { name: 'script', role: 'operator' } })
  ).json();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await app.inject({ url: '/api/second-factor', headers });
  assert.equal(answer.json().code, 'refused.no-second-factor');
});
