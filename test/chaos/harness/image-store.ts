import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startServices } from '@mycelium/embedded';
import { openStore } from '@mycelium/storage';
import type { Testbed } from './scenario.ts';

/**
 * Keeps the images of a scenario in a real S3 server that it may pause, kill and restart, behind a proxy that can make it
 * slow or busy.
 */
export async function startImageStore(testbed: Testbed) {
  const home = await testbed.home();
  const start = () => startServices({ home, redis: false, postgres: false, s3: true });
  let server = await start();
  testbed.onEnd(() => server.stop());
  const proxy = await startProxy(testbed, server.s3?.S3_ENDPOINT as string);
  const store = { ...server.s3, S3_ENDPOINT: proxy.url, S3_BUCKET: 'mogu' };
  await openStore(store).ensureBucket();

  const signal = async (name: NodeJS.Signals) =>
    process.kill(Number(await readFile(join(home, 's3', 'radosgw.pid'), 'utf8')), name);
  return {
    testbed: { ...testbed, store },
    proxy,
    async pause(seconds: number) {
      await signal('SIGSTOP');
      await wait(seconds * 1_000);
      await signal('SIGCONT');
    },
    async kill(seconds: number) {
      await signal('SIGKILL');
      await wait(seconds * 1_000);
      await server.stop();
      server = await start(); // on the same port, with the same objects
    },
  };
}

/** Passes requests on; while `slow`, each waits a second, and while `busy`, half of them are refused as S3 does. */
async function startProxy(testbed: Testbed, target: string) {
  const mode = { slow: false, busy: false };
  const counts = { slow: 0, busy: 0 };
  const server = createServer(async (asked, answer) => {
    if (mode.busy && testbed.random() < 0.5) {
      counts.busy++;
      asked.resume();
      answer.writeHead(503, { 'content-type': 'application/xml' });
      answer.end('<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>');
      return;
    }
    if (mode.slow) {
      counts.slow++;
      await wait(1_000);
    }
    const { method, url, headers } = asked;
    const passed = request(new URL(url as string, target), { method, headers }, (response) => {
      answer.writeHead(response.statusCode as number, response.headers);
      response.pipe(answer);
      response.on('error', () => answer.destroy());
    });
    passed.on('error', () => answer.destroy());
    answer.on('close', () => passed.destroy());
    asked.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  testbed.onEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, mode, counts };
}
