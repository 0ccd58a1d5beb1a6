import type { ProcessFailed, RunningProcess } from './processes.ts';
import type { ServiceUser } from './service-user.ts';

/** What Redis and PostgreSQL have in common. */
export interface ServerOptions {
  /** The data folder. */
  folder: string;
  port: number;
  password: string;
  /** False for tests: faster, but a crash loses data. */
  durable: boolean;
  user: ServiceUser;
  logFile: string;
  onUnexpectedExit: (failure: ProcessFailed) => void;
  /** Aborts the start. */
  signal: AbortSignal | undefined;
}

export interface RunningServer {
  url: string;
  stop: () => Promise<void>;
}

/** Servers do not inherit the caller's environment: PG* and REDIS* variables would change their behaviour. */
export const SERVER_ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8' };

/** Waits until a server is ready. Stops it if it fails to start. */
export async function whenReady(server: RunningProcess, url: string): Promise<RunningServer> {
  const stop = () => server.stop(20_000);
  try {
    await server.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}
