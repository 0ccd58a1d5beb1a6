import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Stage } from './scenario.ts';

/** Starts an app as it is deployed, on the scenario's servers; farm time is UTC. */
export function startApp(
  stage: Stage,
  app: 'scheduler' | 'worker-env-stats' | 'worker-setpoint',
): { child: ChildProcess; ended: Promise<unknown> } {
  const script = new URL(`../../apps/${app}/src/main.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: appEnvironment(stage),
  });
  const ended = once(child, 'exit');
  stage.onEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { child, ended };
}

/** What an app or a command is told of the scenario's servers, and nothing else. */
export function appEnvironment(stage: Stage) {
  return {
    PATH: '',
    TZ: 'UTC',
    REDIS_URL: stage.redisUrl,
    REDIS_PREFIX: stage.prefix,
    DATABASE_URL: stage.databaseUrl,
    MYCELIUM_HOME: stage.folder,
    IMAGE_DIR: `${stage.folder}/images`,
    LOG_FORMAT: 'json',
  };
}
