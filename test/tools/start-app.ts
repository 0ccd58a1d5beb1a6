import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment } from '@mycelium/config';
import { freePort } from '@mycelium/embedded';

const root = join(import.meta.dirname, '../..');

/** Starts an app and waits until it is ready. It ends with the test, or earlier. @returns a function that ends it */
export async function startApp(t: TestContext, app: string, env: Record<string, string>) {
  const port = String(await freePort());
  const child = spawn(process.execPath, [`apps/${app}/src/main.ts`], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: childEnvironment({ ...env, HEALTH_PORT: port }),
  });
  const ended = once(child, 'exit');
  const stop = () => {
    child.kill('SIGTERM');
    return ended;
  };
  t.after(stop);
  while (!(await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined))?.ok) {
    assert.equal(child.exitCode, null, `${app} ended`);
    await wait(50);
  }
  return stop;
}
