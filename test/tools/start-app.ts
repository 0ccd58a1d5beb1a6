import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment } from '@mycelium/config';
import { freePort } from '@mycelium/embedded';

const root = join(import.meta.dirname, '../..');

/** Starts an app, which ends with the test or earlier. */
export async function spawnApp(t: TestContext, app: string, env: Record<string, string>) {
  const port = String(await freePort());
  const child = spawn(process.execPath, [`apps/${app}/src/main.ts`], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: childEnvironment({ ...env, HEALTH_PORT: port }),
  });
  let errors = '';
  child.stderr.on('data', (data) => {
    errors += data;
    process.stderr.write(data);
  });
  const ended = once(child, 'exit');
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  t.after(stop);
  /** The answer of `/readyz`; undefined while nothing answers. */
  const ready = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    return answer && { ok: answer.ok, says: await answer.text() };
  };
  return { child, ended, stop, ready, errors: () => errors };
}

/** Starts an app and waits until it is ready. @returns a function that ends it */
export async function startApp(t: TestContext, app: string, env: Record<string, string>) {
  const { child, ready, stop } = await spawnApp(t, app, env);
  while (!(await ready())?.ok) {
    assert.equal(child.exitCode, null, `${app} ended`);
    await wait(50);
  }
  return stop;
}
