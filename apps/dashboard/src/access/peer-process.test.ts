import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isPlainClient } from './peer-process.ts';

/** A server that answers what it thinks of its peer. */
async function startJudge(t: TestContext): Promise<string> {
  const server = createServer(async ({ socket }, response) =>
    response.end(String(await isPlainClient(socket))),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** What a process prints that runs this script; a shell starts it, as this process listens itself. */
async function output(script: string, url: string): Promise<string> {
  const command = '"$0" --input-type=module --eval "$1" "$2"; true';
  const child = spawn('sh', ['-c', command, process.execPath, script, url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  return text.trim();
}

const ask = `process.stdout.write(await (await fetch(process.argv[1])).text());`;

test('a program that only asks is a plain client', async (t) => {
  assert.equal(await output(`${ask} process.exit();`, await startJudge(t)), 'true');
});

test('a program that listens itself may pass on the requests of others', async (t) => {
  const listen = `
    import { createServer } from 'node:net';
    await new Promise((resolve) => createServer().listen(0, '127.0.0.1', resolve));`;
  assert.equal(await output(`${listen} ${ask} process.exit();`, await startJudge(t)), 'false');
});

test('so may a program whose parent, the same program, listens', async (t) => {
  const fork = `
    import { spawnSync } from 'node:child_process';
    import { createServer } from 'node:net';
    await new Promise((resolve) => createServer().listen(0, '127.0.0.1', resolve));
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', ${JSON.stringify(ask)}, process.argv[1]]);
    process.stdout.write(child.stdout);
    process.exit();`;
  assert.equal(await output(fork, await startJudge(t)), 'false');
});

test('so may a program that listens nowhere and is connected to somebody else, such as a tunnel', async (t) => {
  const elsewhere = createServer().listen(0, '127.0.0.1');
  await once(elsewhere, 'listening');
  t.after(() => elsewhere.close());
  const dialOut = `
    import { connect } from 'node:net';
    import { once } from 'node:events';
    await once(connect(${(elsewhere.address() as AddressInfo).port}, '127.0.0.1'), 'connect');`;
  assert.equal(await output(`${dialOut} ${ask} process.exit();`, await startJudge(t)), 'false');
});

test('so may a program that accepts connections at a path', async (t) => {
  const path = `/tmp/mycelium-peer-${process.pid}.sock`;
  const listen = `
    import { createServer } from 'node:net';
    await new Promise((resolve) => createServer().listen('${path}', resolve));`;
  assert.equal(await output(`${listen} ${ask} process.exit();`, await startJudge(t)), 'false');
});

test('a flood of connections does not wait for the process table', async (t) => {
  const url = await startJudge(t);
  const began = performance.now();
  const answers = await Promise.all(
    Array.from({ length: 300 }, async () => (await fetch(url, { headers: { connection: 'close' } })).text()),
  );
  assert.ok(answers.every((answer) => answer === 'false'));
  assert.ok(performance.now() - began < 10_000);
});
