import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment, type Setting } from '@mycelium/config';
import { freePort, ProcessFailed, type RunningProcess, startProcess } from '@mycelium/embedded';
import type { Output } from '../output.ts';

const folder = fileURLToPath(new URL('../../../', import.meta.url));

/** The dashboard comes first, since people wait for it. */
const names = ['dashboard', 'scheduler', 'worker-env-stats', 'worker-setpoint', 'worker-clip'] as const;

export interface AppsOptions {
  home: string;
  settings: Partial<Record<Setting, string>>;
  /** The address of the dashboard. */
  dashboard: string;
  output: Output;
  signal: AbortSignal;
  /** An app keeps crashing; restarting it has not helped. */
  onGivenUp(failure: ProcessFailed): void;
}

/** A crashed app is restarted after a second, up to a limit. */
const restarts = { wait: 1_000, within: 60_000, atMost: 3 };

/**
 * Starts the five apps as processes of this machine, each with its own log file.
 * @returns a function that stops them in order
 */
export async function startApps({ home, settings, dashboard, output, signal, onGivenUp }: AppsOptions) {
  const running = new Map<string, RunningProcess>();
  let stopping = false;

  async function start(name: (typeof names)[number]): Promise<void> {
    const port = String(await freePort());
    const address = name === 'dashboard' ? dashboard : `http://127.0.0.1:${port}`;
    const app = await startProcess({
      name,
      command: process.execPath,
      args: [join(folder, name, 'src/main.ts')],
      logFile: join(home, 'logs', `${name}.log`),
      env: childEnvironment({ ...settings, LOG_FORMAT: 'json', HEALTH_PORT: port }),
      healthUrl: `${address}/readyz`,
      readyWithinMs: 90_000,
      signal,
      onUnexpectedExit: (failure) => restart(name, failure),
    });
    running.set(name, app);
    await app.ready;
  }

  const crashes = new Map<string, number[]>();
  async function restart(name: (typeof names)[number], failure: ProcessFailed) {
    if (stopping) return;
    const times = [...(crashes.get(name) ?? []), Date.now()].filter(
      (at) => at > Date.now() - restarts.within,
    );
    crashes.set(name, times);
    output.warn(failure.message);
    if (times.length > restarts.atMost) return onGivenUp(failure);
    await sleep(restarts.wait);
    if (stopping) return;
    output.warn(`Restarting ${name}.`);
    await start(name).catch((error: Error) => {
      if (!stopping)
        onGivenUp(error instanceof ProcessFailed ? error : new ProcessFailed(name, String(error), '', ''));
    });
  }

  const stop = async () => {
    stopping = true;
    await Promise.all([...running.values()].map((app) => app.stop()));
  };
  try {
    // Otherwise, on a machine with few cores, it would wait for the others to start.
    const [dashboardFirst, ...others] = names;
    await start(dashboardFirst);
    await Promise.all(others.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return { names, stop };
}
