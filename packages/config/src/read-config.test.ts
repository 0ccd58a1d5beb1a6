import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type ConfigError,
  childEnvironment,
  describeConfig,
  misspelt,
  readConfig,
  requireSettings,
} from './read-config.ts';

const home = () => mkdtempSync(join(tmpdir(), 'mycelium-config-'));

test('without any setting there are sensible defaults', () => {
  const config = readConfig({ MYCELIUM_HOME: home() });
  assert.equal(config.DASHBOARD_HOST, '127.0.0.1');
  assert.deepEqual(config.ROOM_ALIASES, { 7: '607', 8: '608' });
  assert.equal(config.CLIP_DEVICE, 'auto');
  assert.ok(config.TZ);
});

test('all mistakes are reported at once, each with the variable, what was read and what was expected', () => {
  assert.throws(
    () =>
      readConfig({
        MYCELIUM_HOME: home(),
        TZ: 'Asia/Shangai',
        REDIS_URL: 'localhost',
        DASHBOARD_PORT: '99999',
        CLIP_DEVICE: 'gpu',
        S3_ENDPOINT: 'http://store:9000',
      }),
    (error: ConfigError) => {
      assert.equal(error.mistakes.length, 5);
      assert.match(error.message, /TZ: read "Asia\/Shangai"; expected an IANA time zone/);
      assert.match(error.message, /REDIS_URL: read "localhost"; expected an address such as redis:/);
      assert.match(error.message, /CLIP_DEVICE: read "gpu"; expected one of "auto"/);
      assert.match(error.message, /S3_ACCESS_KEY: not set; expected/);
      return true;
    },
  );
});

test('no address of a setting is one of a cloud’s metadata service', () => {
  const metadata = 'http://169.254.169.254/latest';
  const env = {
    CAPTION_URL: metadata,
    ALERT_WEBHOOK_URL: 'http://2852039166/hook',
    OIDC_ISSUER: 'http://[fd00:ec2::254]',
    S3_ENDPOINT: 'http://100.100.100.200',
    HF_ENDPOINT: metadata,
    OTEL_EXPORTER_OTLP_ENDPOINT: metadata,
  };
  const complete = {
    ...{ S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b', OIDC_CLIENT_ID: 'c', OIDC_CLIENT_SECRET: 'd' },
    ...{ MYCELIUM_HOME: home() },
  };
  assert.throws(
    () => readConfig({ ...env, ...complete }),
    (error: ConfigError) => {
      const named = error.mistakes.map((mistake) => mistake.split(':')[0]);
      assert.deepEqual(named.sort(), Object.keys(env).sort());
      assert.match(error.message, /not a link-local or cloud metadata address/);
      return true;
    },
  );
});

test('no secret appears in printed settings or in errors', () => {
  const secret = 'canary-canary-canary';
  const env = {
    MYCELIUM_HOME: home(),
    REDIS_URL: `redis://:${secret}@host:6379`,
    DATABASE_URL: `postgres://farm:${secret}@host/farm`,
    CAPTION_URL: `http://host/v1?key=${secret}`,
    CAPTION_API_KEY: secret,
    INGEST_TOKEN: secret,
    ALERT_WEBHOOK_SECRET: secret,
    S3_SECRET_KEY: secret,
  };
  const printed = JSON.stringify(describeConfig(env));
  assert.ok(!printed.includes(secret), printed);
  assert.match(printed, /postgres:\/\/farm:\*\*\*@host\/farm/);
  assert.throws(
    () => readConfig({ ...env, DATABASE_URL: `mysql://farm:${secret}@host/farm`, INGEST_TOKEN: 'canary' }),
    (error: ConfigError) => !error.message.includes('canary'),
  );
});

test('settings that are not set are listed too', () => {
  const described = describeConfig({ MYCELIUM_HOME: home() });
  assert.deepEqual(
    described.find(({ name }) => name === 'CAPTION_URL'),
    { name: 'CAPTION_URL', value: '', source: 'default' },
  );
});

test('a secret is read from the file that X_FILE names', () => {
  const file = join(home(), 'token');
  writeFileSync(file, 'sixteen letters or more\n');
  assert.equal(
    readConfig({ MYCELIUM_HOME: home(), INGEST_TOKEN_FILE: file }).INGEST_TOKEN,
    'sixteen letters or more',
  );
  assert.throws(
    () => readConfig({ MYCELIUM_HOME: home(), INGEST_TOKEN_FILE: '/nowhere' }),
    /INGEST_TOKEN_FILE/,
  );
  assert.throws(
    () => readConfig({ MYCELIUM_HOME: home(), INGEST_TOKEN_FILE: file, INGEST_TOKEN: 'another' }),
    /both/,
  );
});

test('a running npm start is found through its home, and the environment wins over it', () => {
  const MYCELIUM_HOME = home();
  writeFileSync(
    join(MYCELIUM_HOME, 'env'),
    'REDIS_URL=redis://127.0.0.1:1\nDATABASE_URL=postgres://a@b/c?d=e\n',
  );
  assert.equal(readConfig({ MYCELIUM_HOME }).DATABASE_URL, 'postgres://a@b/c?d=e');
  assert.equal(readConfig({ MYCELIUM_HOME, REDIS_URL: 'redis://other:2' }).REDIS_URL, 'redis://other:2');
});

test('a missing required setting is reported with how to set it', () => {
  assert.throws(
    () => requireSettings(readConfig({ MYCELIUM_HOME: home() }), 'REDIS_URL', 'DATABASE_URL'),
    (error: ConfigError) => error.mistakes.length === 2 && /npm start/.test(error.message),
  );
});

test('npm start does not read the file of an earlier npm start', () => {
  const MYCELIUM_HOME = home();
  writeFileSync(join(MYCELIUM_HOME, 'env'), 'REDIS_URL=redis://127.0.0.1:1\n');
  assert.equal(readConfig({ MYCELIUM_HOME }, { running: false }).REDIS_URL, undefined);
});

test("a child's settings replace its parent's, from a file or not", () => {
  const env = { PATH: '/bin', TZ: 'UTC', REDIS_URL_FILE: '/run/secrets/redis' };
  assert.deepEqual(childEnvironment({ REDIS_URL: 'redis://other:2' }, env), {
    PATH: '/bin',
    TZ: 'UTC',
    REDIS_URL: 'redis://other:2',
  });
});

test('a misspelt setting is found, with the one that was meant, and other programs’ names are left alone', () => {
  const env = {
    KEEP_IMAGE_DAYS: '90',
    DASHBORD_PASSWORD_FILE: '/run/secrets/password',
    TRUSTED_PROXY: '10.0.0.1',
    redis_url: 'redis://host',
    REDIS_URL: 'redis://host',
    REDIS_URL_FILE: '/run/secrets/redis',
    REDIS_HOST: 'host',
    S3_ENDPOINT_URL: 'http://host',
    DASHBOARD_PORT_7300_TCP: 'tcp://host',
    TERM: 'xterm',
    PATH: '/bin',
  };
  assert.deepEqual(misspelt(env), [
    { name: 'KEEP_IMAGE_DAYS', meant: 'KEEP_IMAGES_DAYS' },
    { name: 'DASHBORD_PASSWORD_FILE', meant: 'DASHBOARD_PASSWORD' },
    { name: 'TRUSTED_PROXY', meant: 'TRUSTED_PROXIES' },
    { name: 'redis_url', meant: 'REDIS_URL' },
  ]);
});

test('a base path and trusted proxies are checked', () => {
  const read = (settings: Record<string, string>) => readConfig({ MYCELIUM_HOME: home(), ...settings });
  assert.equal(read({ DASHBOARD_BASE_PATH: '/farm/mycelium/' }).DASHBOARD_BASE_PATH, '/farm/mycelium');
  assert.equal(read({ DASHBOARD_BASE_PATH: '/' }).DASHBOARD_BASE_PATH, '');
  assert.deepEqual(read({ TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8 fd00::/8' }).TRUSTED_PROXIES, [
    '127.0.0.1',
    '10.0.0.0/8',
    'fd00::/8',
  ]);
  for (const wrong of ['mycelium', '/a b', '/"x', '//host', '/a//b'])
    assert.throws(
      () => read({ DASHBOARD_BASE_PATH: wrong }),
      /DASHBOARD_BASE_PATH.*such as \/mycelium/s,
      wrong,
    );
  for (const wrong of ['proxy', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '300.0.0.1'])
    assert.throws(() => read({ TRUSTED_PROXIES: wrong }), /TRUSTED_PROXIES.*addresses or ranges/s, wrong);
});
