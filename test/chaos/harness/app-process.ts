import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '@mycelium/embedded';
import { scrapeRefusedWrites } from './refused-writes.ts';
import type { Testbed } from './scenario.ts';

/** Starts an app as deployed, on the scenario's servers. Farm time is UTC. */
export async function startApp(
  testbed: Testbed,
  app: 'scheduler' | 'worker-env-stats' | 'worker-setpoint' | 'dashboard',
  settings: Record<string, string> = {},
): Promise<{ child: ChildProcess; ended: Promise<unknown> }> {
  const script = new URL(`../../../apps/${app}/src/main.ts`, import.meta.url).pathname;
  const port = await freePort();
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...appEnvironment(testbed), ...settings, HEALTH_PORT: String(port) },
  });
  const ended = once(child, 'exit');
  testbed.refusedWrites.watch(() => scrapeRefusedWrites(port));
  testbed.onEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { child, ended };
}

/** The settings for an app or a command: only the scenario's servers. */
export function appEnvironment(testbed: Testbed) {
  return {
    PATH: '',
    TZ: 'UTC',
    REDIS_URL: testbed.redisUrl,
    REDIS_PREFIX: testbed.prefix,
    DATABASE_URL: testbed.databaseUrl,
    MYCELIUM_HOME: testbed.folder,
    ...testbed.store,
    LOG_FORMAT: 'json',
  };
}
