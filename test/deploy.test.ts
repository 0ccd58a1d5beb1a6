import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { parse } from 'yaml';
import {
  dockerStages,
  isSetting,
  makeSecrets,
  read,
  root,
  temporaryFolder,
  withDefaults,
} from './deploy-files.ts';
import { findDeployTools } from './tools/deploy-tools.ts';

interface Service {
  image?: string;
  build?: { context: string; target: string };
  command?: string[] | string;
  profiles?: string[];
  restart?: string;
  user?: string;
  read_only?: boolean;
  environment?: Record<string, string>;
  secrets?: string[];
  ports?: string[];
  volumes?: string[];
  healthcheck?: { test?: string[]; disable?: boolean };
  depends_on?: Record<string, { condition: string }>;
  deploy?: { resources?: { limits?: { cpus?: string; memory?: string } } };
}
interface Compose {
  services: Record<string, Service>;
  secrets: Record<string, { file?: string }>;
}

const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose;
const services = Object.entries(compose.services);
const longRunning = services.filter(([, { restart }]) => restart !== 'no');
const built = services.filter(([, { build }]) => build);

test('every long-running service has a health check, limits of memory and CPU, and restarts', () => {
  for (const [name, { healthcheck, deploy, restart }] of longRunning) {
    assert.ok(healthcheck?.test && healthcheck.test.length > 1, `${name} has no health check`);
    const limits = deploy?.resources?.limits;
    assert.ok(limits?.cpus && limits.memory, `${name} has no limits`);
    assert.equal(restart, 'unless-stopped', name);
  }
});

test('a service waits for services, and for them to be healthy', () => {
  for (const [name, { depends_on }] of services) {
    for (const [other, { condition }] of Object.entries(depends_on ?? {})) {
      assert.ok(compose.services[other], `${name} waits for ${other}`);
      assert.equal(condition, 'service_healthy', `${name} waits for ${other}`);
    }
  }
});

test('every setting in the compose file is known to the programs', () => {
  for (const [name, { environment = {} }] of built) {
    for (const setting of Object.keys(environment)) {
      assert.ok(isSetting(setting), `${name}: ${setting} is not a setting`);
    }
  }
});

test('the programs accept the settings the compose file gives them', (t) => {
  const made = makeSecrets(temporaryFolder(t));
  for (const [name, { environment = {} }] of built) {
    const env = Object.fromEntries(
      Object.entries(environment).map(([setting, value]) => [
        setting,
        withDefaults(value).replace(/^\/run\/secrets/, made),
      ]),
    );
    const config = readConfig(env, { running: false });
    assert.ok(config.REDIS_URL?.startsWith('redis://:') && config.DATABASE_URL, name);
  }
});

test('every service that names a model names the same one', () => {
  for (const setting of ['CLIP_MODEL', 'CLIP_DTYPE'] as const) {
    const values = built.flatMap(([, { environment }]) => environment?.[setting] ?? []).map(withDefaults);
    assert.ok(values.length > 2, setting);
    assert.deepEqual([...new Set(values)], [values[0]], setting);
  }
});

test('secrets are files, never values, and deploy/make-secrets.sh creates each one', (t) => {
  const folder = temporaryFolder(t);
  const made = makeSecrets(folder);
  for (const [name, { environment = {}, secrets = [] }] of services) {
    for (const [setting, value] of Object.entries(environment)) {
      const isSecret = /PASSWORD|SECRET|_KEY|TOKEN|REDIS_URL|DATABASE_URL/.test(setting);
      if (!isSecret) continue;
      assert.match(setting, /_FILE$/, `${name}: ${setting} holds a secret itself`);
      const secret = value.replace('/run/secrets/', '');
      assert.ok(secrets.includes(secret), `${name} is not given the secret ${secret}`);
    }
    for (const secret of secrets) {
      assert.equal(compose.secrets[secret]?.file, `./secrets/${secret}`);
      assert.ok(existsSync(join(made, secret)), `make-secrets.sh makes no ${secret}`);
    }
  }
  const before = readFileSync(join(made, 'redis_url'), 'utf8');
  makeSecrets(folder);
  assert.equal(readFileSync(join(made, 'redis_url'), 'utf8'), before, 'a second run changes nothing');
  assert.match(read('.gitignore'), /^secrets\/$/m);
  assert.match(read('.dockerignore'), /^secrets$/m);
});

test('our containers run without root and read-only, and publish nothing beyond this machine', () => {
  for (const [name, { user, read_only }] of built) {
    assert.equal(user, 'node', name);
    assert.equal(read_only, true, name);
  }
  for (const [name, { ports = [] }] of services) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:/, name);
  }
});

test('every build target is in the Dockerfile and starts an existing program', () => {
  for (const [name, { build }] of built) {
    const stage = dockerStages.get(build?.target);
    assert.ok(stage, `${name}: the Dockerfile has no target ${build?.target}`);
    const program = /^(?:CMD|ENTRYPOINT) \["node", "(\S+)"\]$/m.exec(stage)?.[1];
    assert.ok(program && existsSync(join(root, program)), `${build?.target} starts ${program}`);
    assert.match(stage, /^USER node$/m, `${build?.target} runs as root`);
  }
});

test('third-party images are pinned to a version', () => {
  for (const [name, { image }] of services) {
    if (image) assert.match(image, /:v?\d+\.\d+[\w.-]*$/, name);
  }
});

test('docker-compose accepts the file with every profile', async () => {
  const { dockerCompose } = await findDeployTools(readConfig().MYCELIUM_HOME);
  const profiles = new Set(services.flatMap(([, service]) => service.profiles ?? []));
  for (const chosen of [[], ...[...profiles].map((profile) => [profile]), [...profiles]]) {
    const { status, stderr } = spawnSync(
      dockerCompose,
      [...chosen.flatMap((profile) => ['--profile', profile]), 'config', '-q'],
      // Variables of this machine must not change the result.
      { cwd: root, encoding: 'utf8', env: {} },
    );
    assert.equal(status, 0, `profiles ${chosen.join(', ') || 'none'}: ${stderr}`);
    assert.equal(stderr, '', `profiles ${chosen.join(', ') || 'none'}`);
  }
});

test('images contain the Node of the lock file, and only the packages of their app', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { version: string }>;
  };
  assert.match(read('Dockerfile'), new RegExp(`^FROM node:${packages['node_modules/node']?.version}-`, 'm'));
  for (const [, { build }] of built) {
    const app = build?.target.replace(/-gpu$/, '');
    const modules = dockerStages.get(`${app}-modules`);
    assert.match(modules ?? '', new RegExp(`npm install --omit=dev .*--workspace @mycelium/${app}\\b`), app);
    assert.match(
      dockerStages.get(build?.target) ?? '',
      new RegExp(`^COPY apps/${app}/ apps/${app}/$`, 'm'),
      app,
    );
  }
});

test('Grafana finds its data source and dashboard where the compose file puts them', () => {
  const provisioning = (path: string) => parse(read(`deploy/grafana/provisioning/${path}`));
  const [source] = provisioning('datasources/prometheus.yml').datasources;
  assert.equal(source.url, 'http://prometheus:9090');
  assert.equal(source.isDefault, true);
  const scraping = parse(read('deploy/prometheus/prometheus.yml')) as { global: { scrape_interval: string } };
  assert.equal(source.jsonData.timeInterval, scraping.global.scrape_interval);
  const [provider] = provisioning('dashboards/mycelium.yml').providers;
  const volumes = compose.services.grafana?.volumes ?? [];
  assert.ok(volumes.includes(`./deploy/grafana/mycelium.json:${provider.options.path}/mycelium.json:ro`));
});
