import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { createQueues } from '@mycelium/queue';
import { testRedis } from '@mycelium/queue/testing';
import { parse, parseAllDocuments } from 'yaml';
import { dockerStages, isSetting, makeSecrets, read, root, temporaryFolder } from './deploy-files.ts';
import { findDeployTools } from './tools/deploy-tools.ts';

interface Container {
  name: string;
  image: string;
  env?: { name: string; value?: string; valueFrom?: { configMapKeyRef: { name: string; key: string } } }[];
  envFrom?: { configMapRef: { name: string } }[];
  ports?: { name: string }[];
  lifecycle?: { preStop: { sleep: { seconds: number } } };
  securityContext: Record<string, unknown>;
  resources: { limits: Record<string, string | number>; requests: Record<string, string | number> };
  volumeMounts: { name: string; mountPath: string }[];
}
interface Pod {
  terminationGracePeriodSeconds?: number;
  enableServiceLinks: boolean;
  automountServiceAccountToken: boolean;
  nodeSelector?: Record<string, string>;
  securityContext: { runAsNonRoot: boolean };
  containers: Container[];
  volumes?: {
    name: string;
    secret?: { secretName: string; items?: { key: string }[] };
    persistentVolumeClaim?: { claimName: string };
  }[];
}
interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  data?: Record<string, string>;
  spec: {
    replicas?: number;
    selector?: { matchLabels: Record<string, string> };
    template?: { metadata: { labels: Record<string, string> }; spec: Pod };
    volumeClaimTemplates?: { metadata: { name: string } }[];
    ports?: { targetPort?: string }[];
    secretTargetRef?: { name: string; key: string }[];
    scaleTargetRef?: { name: string };
    triggers?: { metadata: { address: string; listName: string } }[];
  };
}

const tools = await findDeployTools(readConfig().MYCELIUM_HOME);
const variants = Object.fromEntries(['base', 'farm'].map((name) => [name, build(name)]));
const everything = Object.entries(variants).flatMap(([variant, objects]) =>
  objects.map((object) => ({ where: `${variant}: ${object.kind} ${object.metadata.name}`, ...object })),
);
const workloads = everything.flatMap(({ where, spec, ...object }) =>
  spec?.template ? [{ where, ...object, spec, pod: spec.template.spec }] : [],
);
const farm = (kind: string, name: string) =>
  variants.farm?.find((object) => object.kind === kind && object.metadata.name === name);

test('every object matches the schemas of Kubernetes and KEDA', async () => {
  for (const { where, ...object } of everything) {
    const models = await import(schemaModule(object.apiVersion));
    assert.doesNotThrow(() => new models[object.kind](object).validate(), where);
    assert.equal(object.metadata.namespace, 'mycelium', `${where} is in no namespace`);
  }
});

test('no object has a field unknown to Kubernetes and KEDA', (t) => {
  // Validation ignores unknown fields; the compiler rejects them in a literal.
  const lines = everything.map(({ where, ...object }, n) => {
    const type = `import('${schemaModule(object.apiVersion)}').I${object.kind}`;
    return `export const object${n}: ${type} = ${JSON.stringify(object)}; // ${where}\n`;
  });
  const folder = temporaryFolder(t);
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'objects.ts'), lines.join(''));
  const { status, stdout } = spawnSync(
    join(root, 'node_modules/.bin/tsc'),
    ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', 'objects.ts'],
    { cwd: folder, encoding: 'utf8' },
  );
  assert.equal(status, 0, stdout);
});

test('everything that an object refers to exists: settings, secrets, claims, ports, services, images', (t) => {
  const secrets = new Set(readdirSync(makeSecrets(temporaryFolder(t))));
  for (const { where, pod, spec } of workloads) {
    const objects = variants[where.split(':')[0] as string] as KubernetesObject[];
    const named = (kind: string, name: string) =>
      objects.find((object) => object.kind === kind && object.metadata.name === name);
    const claims = spec.volumeClaimTemplates?.map((claim) => claim.metadata.name) ?? [];
    const volumes = new Set([...claims, ...(pod.volumes ?? []).map((volume) => volume.name)]);
    for (const { secret, persistentVolumeClaim } of pod.volumes ?? []) {
      if (persistentVolumeClaim)
        assert.ok(named('PersistentVolumeClaim', persistentVolumeClaim.claimName), where);
      if (secret) assert.equal(secret.secretName, 'mycelium-secrets', where);
      for (const { key } of secret?.items ?? []) assert.ok(secrets.has(key), `${where}: secret ${key}`);
    }
    for (const container of pod.containers) {
      for (const { name } of container.volumeMounts) assert.ok(volumes.has(name), `${where}: volume ${name}`);
      for (const { configMapRef } of container.envFrom ?? [])
        assert.ok(named('ConfigMap', configMapRef.name), where);
      for (const { valueFrom } of container.env ?? []) {
        if (!valueFrom) continue;
        const { name, key } = valueFrom.configMapKeyRef;
        assert.ok(named('ConfigMap', name)?.data?.[key], `${where}: ${key} of ${name}`);
      }
      const target = /^mycelium\/([\w-]+):\d/.exec(container.image)?.[1];
      if (target) assert.ok(dockerStages.has(target), `${where}: the Dockerfile has no target ${target}`);
      else assert.match(container.image, /:v?\d+\.\d+[\w.-]*$/, `${where}: ${container.image}`);
    }
  }
  for (const { where, kind, spec } of everything) {
    if (kind !== 'Service' && kind !== 'PodDisruptionBudget') continue;
    const labels = (kind === 'Service' ? spec.selector : spec.selector?.matchLabels) as Record<
      string,
      string
    >;
    const chosen = workloads.filter(({ spec }) =>
      Object.entries(labels).every(([name, value]) => spec.template?.metadata.labels[name] === value),
    );
    assert.ok(chosen.length > 0, `${where} chooses no pod`);
    for (const { targetPort } of spec.ports ?? []) {
      const ports = chosen.flatMap(({ pod }) => pod.containers.flatMap(({ ports = [] }) => ports));
      if (targetPort)
        assert.ok(
          ports.some(({ name }) => name === targetPort),
          `${where}: port ${targetPort}`,
        );
    }
  }
  for (const address of ['redis_url', 'database_url']) {
    const { hostname } = new URL(readFileSync(join(makeSecrets(temporaryFolder(t)), address), 'utf8'));
    assert.ok(farm('Service', hostname), `${address} names ${hostname}`);
  }
});

test('the programs accept the settings the manifests give them', (t) => {
  const secrets = makeSecrets(temporaryFolder(t));
  for (const { where, pod } of workloads) {
    const objects = variants[where.split(':')[0] as string] as KubernetesObject[];
    for (const { env = [], envFrom = [], image } of pod.containers) {
      if (!image.startsWith('mycelium/')) continue;
      const given = envFrom.flatMap(({ configMapRef }) =>
        Object.entries(objects.find(({ metadata }) => metadata.name === configMapRef.name)?.data ?? {}),
      );
      const own = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
      const values = [...given, ...own].map(([name, value]) => {
        assert.ok(isSetting(name), `${where}: ${name} is not a setting`);
        return [name, value.replace(/^\/run\/secrets/, secrets)];
      });
      readConfig(Object.fromEntries(values), { running: false });
    }
  }
});

test('every pod has limits, no privileges, and more time to stop than draining takes', () => {
  const { DRAIN_SECONDS } = readConfig();
  for (const { where, pod, kind } of workloads) {
    assert.equal(pod.securityContext.runAsNonRoot, true, where);
    assert.equal(pod.automountServiceAccountToken, false, where);
    // Kubernetes would set DASHBOARD_PORT for a service named dashboard.
    assert.equal(pod.enableServiceLinks, false, where);
    for (const { resources, securityContext, lifecycle, image } of pod.containers) {
      assert.ok(resources.limits.cpu && resources.limits.memory, `${where} has no limits`);
      assert.equal(securityContext.allowPrivilegeEscalation, false, where);
      assert.deepEqual(securityContext.capabilities, { drop: ['ALL'] }, where);
      if (image.startsWith('mycelium/')) assert.equal(securityContext.readOnlyRootFilesystem, true, where);
      if (kind === 'Job') continue;
      const before = lifecycle?.preStop.sleep.seconds ?? 0;
      assert.ok((pod.terminationGracePeriodSeconds ?? 30) > DRAIN_SECONDS + before, where);
    }
  }
});

test('clip workers of the farm run on GPUs, and only KEDA decides how many', () => {
  const worker = farm('Deployment', 'worker-clip');
  const pod = worker?.spec.template?.spec;
  assert.equal(pod?.containers[0]?.image, 'mycelium/worker-clip-gpu:0.1.0');
  assert.equal(pod.containers[0].resources.limits['nvidia.com/gpu'], 1);
  assert.deepEqual(pod.nodeSelector, { 'nvidia.com/gpu.present': 'true' });
  assert.equal(worker?.spec.replicas, undefined);
  assert.equal(farm('ScaledObject', 'worker-clip')?.spec.scaleTargetRef?.name, worker?.metadata.name);
});

test('continuous archiving adds an archive, a volume for it and a container that makes backups', async (t) => {
  const folder = temporaryFolder(t);
  symlinkSync(join(root, 'deploy/k8s'), join(folder, 'k8s'));
  const lines = ['namespace: mycelium', 'resources: [k8s/base]', 'components: [k8s/pitr]'];
  writeFileSync(join(folder, 'kustomization.yaml'), lines.join('\n'));
  const server = build(folder).find(
    ({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'postgres',
  );
  const { StatefulSet } = await import(schemaModule('apps/v1'));
  assert.doesNotThrow(() => new StatefulSet(server).validate());
  const [postgres, backup] = server?.spec.template?.spec.containers ?? [];
  const images = [postgres?.image, backup?.image];
  assert.deepEqual(images, ['mycelium/postgres:0.1.0', 'mycelium/postgres:0.1.0']);
  const claims = server?.spec.volumeClaimTemplates?.map(({ metadata }) => metadata.name);
  assert.deepEqual(claims, ['data', 'pgbackrest']);
  const overlay = parse(read('deploy/postgres/compose.yml')) as {
    services: { postgres: { command: string[] } };
  };
  const { args = [] } = postgres as { args?: string[] };
  const archiving = (words: string[]) => words.filter((word) => word.startsWith('archive_'));
  assert.deepEqual(archiving(args), archiving(overlay.services.postgres.command));
});

test('KEDA counts the lists of waiting and active batches', async (t) => {
  const { REDIS_PREFIX } = readConfig({});
  const connection = testRedis(t);
  const queues = createQueues(connection);
  t.after(() => queues.close());
  await queues.enqueueAll('embed_batch', [{ payload: { keys: ['a'] } }, { payload: { keys: ['b'] } }]);
  const lengths = await Promise.all(
    (farm('ScaledObject', 'worker-clip')?.spec.triggers ?? []).map(async ({ metadata }) => {
      const list = metadata.listName.replace(REDIS_PREFIX, connection.prefix);
      assert.notEqual(list, metadata.listName, `${metadata.listName} does not begin with ${REDIS_PREFIX}`);
      return { list: list.split(':').at(-1), waiting: await connection.redis.llen(list) };
    }),
  );
  assert.deepEqual(lengths, [
    { list: 'wait', waiting: 2 },
    { list: 'active', waiting: 0 },
  ]);
});

test('the servers are the same as those of docker-compose.yml', () => {
  const compose = parse(read('docker-compose.yml'), { merge: true }) as {
    services: Record<string, { image?: string }>;
  };
  for (const name of ['redis', 'postgres', 's3']) {
    const image = farm('StatefulSet', name)?.spec.template?.spec.containers[0]?.image;
    assert.equal(image, compose.services[name]?.image);
  }
});

/** The objects that `kubectl apply -k deploy/k8s/NAME` would apply. */
/** @param folder in deploy/k8s, or an absolute one */
function build(folder: string): KubernetesObject[] {
  const { status, stdout, stderr } = spawnSync(
    tools.kustomize,
    ['build', resolve(root, 'deploy/k8s', folder)],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, stderr);
  return parseAllDocuments(stdout).map((document) => document.toJS());
}

function schemaModule(apiVersion: string): string {
  return apiVersion.startsWith('keda.sh/')
    ? `@kubernetes-models/keda/${apiVersion}`
    : `kubernetes-models/${apiVersion}`;
}
