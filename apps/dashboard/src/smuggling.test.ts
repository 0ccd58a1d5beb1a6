import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { openDashboard, operator } from './testing.ts';

/** Sends bytes as they are, and returns everything that comes back until the server closes or half a second passes. */
async function sendRaw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await Promise.race([new Promise((resolve) => socket.once('close', resolve)), wait(500)]);
  socket.destroy();
  return answer;
}

const get = (target: string, ...headers: string[]) =>
  [`GET ${target} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');
const post = (...headers: string[]) =>
  ['POST /api/login HTTP/1.1', 'Host: 127.0.0.1', ...headers, '', ''].join('\r\n');
const hidden = get('/api/access');

test('a request that two servers would read differently is refused, and nothing hides behind it', async (t) => {
  const { app } = await openDashboard(t, operator);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const smuggled: Record<string, string> = {
    'both lengths': `${post('Content-Length: 6', 'Transfer-Encoding: chunked')}0\r\n\r\n${hidden}`,
    'two lengths': post('Content-Length: 0', `Content-Length: ${hidden.length}`) + hidden,
    'a length with a sign': post('Content-Length: +5') + hidden,
    'an unknown coding': `${post('Transfer-Encoding: xchunked')}0\r\n\r\n${hidden}`,
    'a coding behind a blank': `${post('Transfer-Encoding : chunked')}0\r\n\r\n${hidden}`,
    'a folded header': `${post('Transfer-Encoding:\r\n chunked')}0\r\n\r\n${hidden}`,
    'a chunk with a wrong size': `${post('Transfer-Encoding: chunked')}zz\r\n${hidden}`,
    'a bare line feed': `GET /livez HTTP/1.1\nHost: 127.0.0.1\nX: y\n\n${hidden}`,
    'a zero byte in a header': get('/livez', 'X-Forwarded-For: 127.0.0.1\0') + hidden,
    'two hosts': get('/api/session', 'Host: farm.example') + hidden,
  };
  for (const [what, bytes] of Object.entries(smuggled)) {
    const answer = await sendRaw(port, bytes);
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));
    assert.ok(!answer.includes('"accounts"'), `${what}: ${answer}`);
    assert.ok(
      statuses.every((status) => status < 500 && status !== 200) || what === 'two hosts',
      `${what}: ${statuses}`,
    );
  }
});

test('headers that are many or long are refused, and the dashboard still answers', async (t) => {
  const { app } = await openDashboard(t, operator);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const long = await sendRaw(port, get('/livez', `X: ${'a'.repeat(100_000)}`));
  assert.doesNotMatch(long, / 200 /);
  const many = await sendRaw(port, get('/livez', ...Array.from({ length: 5_000 }, (_, n) => `X-${n}: 1`)));
  assert.doesNotMatch(many, / 5\d\d /);
  assert.match(await sendRaw(port, get('/livez', 'Connection: close')), /^HTTP\/1\.1 200/);
});
