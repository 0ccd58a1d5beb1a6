import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { freePort } from './port.ts';

test('a free port is not one of those that outgoing connections get, and not a taken one', async (t) => {
  const port = await freePort(undefined, () => 0.5);
  assert.equal(port, 25_000);
  const server = createServer().listen(port, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const values = [0.5, 0.6];
  assert.equal(await freePort(port, () => values.shift() ?? 0), 26_000);
});
