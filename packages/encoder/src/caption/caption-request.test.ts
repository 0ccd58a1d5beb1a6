import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { guardLookup } from '@mycelium/outgoing';
import { guardedConnector } from '@mycelium/outgoing/fetch';
import { createRequester } from './caption-request.ts';

test('a connection goes to the address that was checked, and never to a forbidden one', async (t) => {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    response.end('{}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  // A name whose address changes between two lookups.
  const answers = ['127.0.0.1', '169.254.169.254'];
  const lookup = guardLookup((_, { all }, callback) => {
    const address = answers.shift() ?? '';
    if (all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  });
  const limits = { timeoutMs: 5_000, maxAnswerBytes: 1_000 };
  const first = createRequester({ url: `http://vision.farm:${port}`, ...limits }, guardedConnector(lookup));
  assert.equal((await first.ask({ method: 'GET', path: '/v1/models' })).status, 200);
  first.close();
  const second = createRequester({ url: `http://vision.farm:${port}`, ...limits }, guardedConnector(lookup));
  await assert.rejects(second.ask({ method: 'GET', path: '/v1/models' }), { reason: 'forbidden_address' });
  second.close();
  assert.deepEqual([requests, answers.length], [1, 0]);
});
