import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment, type Setting } from '@mycelium/config';
import { freePort, keepRunning, type ProcessFailed, startProcess } from '@mycelium/embedded';
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

/**
 * Starts the five apps as processes of this machine, each with its own log file.
 * @returns a function that stops them in order
 */
export async function startApps({ home, settings, dashboard, output, signal, onGivenUp }: AppsOptions) {
  const running: { stop(): Promise<void> }[] = [];

  async function start(name: (typeof names)[number]): Promise<void> {
    const kept = await keepRunning({
      name,
      async start({ onUnexpectedExit, signal: stopping }) {
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
          signal: AbortSignal.any([signal, stopping]),
          onUnexpectedExit,
        });
        try {
          await app.ready;
        } catch (error) {
          await app.stop();
          throw error;
        }
        return app;
      },
      onRestart: (sentence) => output.warn(sentence),
      onGivenUp,
    });
    running.push(kept);
  }

  const stop = async () => {
    await Promise.all(running.map((app) => app.stop()));
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
