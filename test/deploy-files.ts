import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeConfig } from '@mycelium/config';

export const root = fileURLToPath(new URL('..', import.meta.url));
export const read = (path: string) => readFileSync(join(root, path), 'utf8');

const settingNames: ReadonlySet<string> = new Set(
  describeConfig({ MYCELIUM_HOME: '/nowhere' }).map(({ name }) => name),
);

/** A value of the compose file when `.env` sets none of its variables. */
export function withDefaults(value: unknown): string {
  const text = String(value);
  const filled = text.replace(/\$\{\w+:-([^${}]*)\}/g, '$1');
  return filled === text ? text : withDefaults(filled);
}

/** Whether an environment variable is a known setting or its `NAME_FILE`. */
export function isSetting(name: string): boolean {
  return settingNames.has(name) || settingNames.has(name.replace(/_FILE$/, ''));
}

/** Runs deploy/make-secrets.sh as if `folder` were the repository. @returns the folder of the secrets */
export function makeSecrets(folder: string): string {
  const script = `mkdir -p deploy && cp '${join(root, 'deploy/make-secrets.sh')}' deploy/ && sh deploy/make-secrets.sh`;
  const { status, stderr } = spawnSync('sh', ['-c', script], { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return join(folder, 'secrets');
}

export function temporaryFolder(t: { after(release: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'mycelium-deploy-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** The named stages of the Dockerfile, with their lines. */
export const dockerStages = new Map(
  read('Dockerfile')
    .split(/^FROM /m)
    .slice(1)
    .map((stage) => [/^\S+ AS (\S+)/.exec(stage)?.[1], stage] as const),
);
