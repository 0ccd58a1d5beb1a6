import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Agent, fetch } from 'undici';
import { guardedConnector, guardedFetch } from './guarded-fetch.ts';
import { guardLookup } from './guarded-lookup.ts';

/** A server that sends each visitor to `location`, or answers. */
async function startServer(t: { after(release: () => unknown): void }, location?: string) {
  let requests = 0;
  const server = createServer((_, response) => {
    requests++;
    if (location) response.writeHead(302, { location }).end();
    else response.end('answer');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  return { port: (server.address() as AddressInfo).port, requests: () => requests };
}

const forbidden = (error: unknown) =>
  (error as { cause?: { reason?: string } }).cause?.reason === 'forbidden_address';

test('a server of the farm is asked', async (t) => {
  const { port } = await startServer(t);
  const response = await guardedFetch(`http://127.0.0.1:${port}`);
  assert.equal(await response.text(), 'answer');
});

test('no number of a metadata service is asked, in any spelling', async () => {
  for (const host of ['169.254.169.254', '2852039166', '0xa9fea9fe', '[fd00:ec2::254]', '[::ffff:a9fe:a9fe]'])
    await assert.rejects(guardedFetch(`http://${host}/latest/meta-data/`), forbidden, host);
});

test('a redirect does not lead there', async (t) => {
  const { port, requests } = await startServer(t, 'http://169.254.169.254/latest/meta-data/');
  await assert.rejects(guardedFetch(`http://127.0.0.1:${port}`), forbidden);
  assert.equal(requests(), 1);
});

test('a name that leads elsewhere at the second connection is checked again', async (t) => {
  const { port, requests } = await startServer(t);
  const answers = ['127.0.0.1', '169.254.169.254'];
  const lookup = guardLookup((_, { all }, callback) => {
    const address = answers.shift() ?? '';
    if (all) callback(null, [{ address, family: 4 }]);
    else callback(null, address, 4);
  });
  const ask = () => {
    const dispatcher = new Agent({ connect: guardedConnector(lookup) });
    return fetch(`http://rebound.farm:${port}`, { dispatcher });
  };
  assert.equal(await (await ask()).text(), 'answer');
  await assert.rejects(ask(), forbidden);
  assert.deepEqual([requests(), answers.length], [1, 0]);
});
