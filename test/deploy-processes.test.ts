import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import { createTestDatabase } from '@mycelium/database/testing';
import { freePort } from '@mycelium/embedded';
import { startS3 } from '@mycelium/embedded/testing';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { testRedis } from '@mycelium/queue/testing';
import { openStore } from '@mycelium/storage';
import { parse } from 'yaml';
import { dockerStages, makeSecrets, read, root, temporaryFolder, withDefaults } from './deploy-files.ts';

interface Service {
  build: { target: string };
  environment: Record<string, string>;
  healthcheck: { test: string[] };
  stop_grace_period: string;
}
const { services } = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
};

/** In the order of their dependencies: the scheduler creates the tables. */
const names = ['scheduler', 'worker-env-stats', 'worker-setpoint', 'worker-clip', 'dashboard'];

test('each process starts with the settings of the compose file, passes its own check and stops on SIGTERM', async (t) => {
  const servers = await startServers(t);
  for (const name of names) {
    const service = services[name] as Service;
    const ports: Record<string, string> = { 7300: String(await freePort()), 7301: String(await freePort()) };
    const here = (text: string) =>
      withDefaults(text)
        .replace(/^\/run\/secrets/, servers.secrets)
        .replace(/\b730[01]\b/, (port) => ports[port] as string);
    const environment = Object.fromEntries(
      Object.entries(service.environment).map(([setting, value]) => [setting, here(value)]),
    );
    const program = /^CMD \["node", "(\S+)"\]$/m.exec(
      dockerStages.get(service.build.target) ?? '',
    )?.[1] as string;
    const child = spawn(process.execPath, [program], {
      cwd: root,
      env: { ...environment, ...('S3_ENDPOINT' in environment && servers.images), ...servers.here },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    await healthy(child, service.healthcheck.test.slice(2).map(here), name);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null], name);
  }
});

/** Servers and secrets like those in the compose file, and the settings that differ without containers. */
async function startServers(t: TestContext) {
  const { url } = await createTestDatabase(t, { migrated: false });
  const { REDIS_URL } = requireSettings(readConfig(), 'REDIS_URL');
  const s3 = await startS3(t);
  await openStore(s3).ensureBucket();
  const secrets = makeSecrets(temporaryFolder(t));
  const given = {
    redis_url: REDIS_URL,
    database_url: url,
    s3_access_key: s3.S3_ACCESS_KEY,
    s3_secret_key: s3.S3_SECRET_KEY,
  };
  for (const [name, value] of Object.entries(given)) {
    chmodSync(join(secrets, name), 0o600);
    writeFileSync(join(secrets, name), value);
  }
  return {
    secrets,
    here: {
      REDIS_PREFIX: testRedis(t).prefix,
      HEALTH_HOST: '127.0.0.1',
      DASHBOARD_HOST: '127.0.0.1',
    },
    images: {
      S3_ENDPOINT: s3.S3_ENDPOINT,
      S3_BUCKET: s3.S3_BUCKET,
      CLIP_MODEL: demoModelDir,
      CLIP_DTYPE: 'fp32',
    },
  };
}

/** Runs the health check as Docker would, until it passes. */
async function healthy(child: ChildProcess, check: string[], name: string): Promise<void> {
  for (;;) {
    assert.equal(child.exitCode, null, `${name} has ended`);
    const [code] = await once(spawn(process.execPath, check, { stdio: 'ignore' }), 'exit');
    if (code === 0) return;
  }
}
