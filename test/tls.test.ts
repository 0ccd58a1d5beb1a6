import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { readConfig } from '@mycelium/config';
import { connect, createQueues } from '@mycelium/queue';
import { password, startRedisServer } from './redis-servers.ts';
import { openssl } from './tools/openssl.ts';

/** A self-signed certificate for 127.0.0.1. */
async function certificate(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const names = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert];
  await openssl(readConfig().MYCELIUM_HOME, [...made, ...names]);
  return { key, cert, pem: await readFile(cert, 'utf8') };
}

test('a rediss address uses TLS, and only with a trusted certificate', async (t) => {
  const { key, cert, pem } = await certificate(t);
  const files = [`tls-cert-file ${cert}`, `tls-key-file ${key}`, 'tls-auth-clients no'];
  const { port } = await startRedisServer(t, files, { tls: { ca: pem } });
  const errors: Error[] = [];
  const open = () =>
    connect(
      {
        REDIS_URL: `rediss://:${encodeURIComponent(password)}@127.0.0.1:${port}`,
        REDIS_PREFIX: '{farm}',
        REDIS_CONNECT_TIMEOUT: 2_000,
        REDIS_COMMAND_TIMEOUT: 2_000,
      },
      (error) => errors.push(error),
    );

  const stranger = open();
  t.after(() => stranger.redis.disconnect());
  await assert.rejects(stranger.redis.ping());
  assert.match(String(errors[0]), /self-signed certificate/);

  // What NODE_EXTRA_CA_CERTS does when a process starts.
  const before = getCACertificates();
  setDefaultCACertificates([...before, pem]);
  t.after(() => setDefaultCACertificates(before));
  const queues = createQueues(open());
  t.after(() => queues.close());
  await queues.enqueue('daily_env_stats', {}, { slot: new Date(0), jobId: 'one' });
  assert.equal(await queues.of('daily_env_stats').getWaitingCount(), 1);
});
