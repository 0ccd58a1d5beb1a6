import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { prepareHome, servicesFolder } from './home.ts';
import { removeHomeEnv } from './home-env.ts';
import { lockHome } from './home-lock.ts';
import { keepRunning } from './keep-running.ts';
import { freePort } from './port.ts';
import { endStalePostgres, postgresDataVersion, startPostgres } from './postgres-server.ts';
import { ProcessFailed } from './processes.ts';
import { endStaleRedis, startRedis } from './redis-server.ts';
import { endStaleS3, type S3Address, s3Address, startS3Server } from './s3-server.ts';
import type { RunningServer, ServerOptions } from './server-options.ts';
import { findServerPrograms } from './server-programs.ts';
import { readServerSettings, type ServerSettings, writeServerSettings } from './server-settings.ts';
import { findServiceUser } from './service-user.ts';

export interface ServiceOptions {
  /** The folder for data, logs and passwords, used by one process at a time. */
  home: string;
  redis: boolean;
  postgres: boolean;
  /** An S3 server, for trying the real way of images. */
  s3?: boolean;
  /** False for tests: faster, but a crash loses data. */
  durable?: boolean;
  /** Receives a sentence for each slow step. */
  onProgress?: (message: string) => void;
  /** Restarts a server that crashes, on its port and with its data. Receives a sentence for each step. */
  onRestart?: (sentence: string) => void;
  /** A server crashed, and with `onRestart` again and again. */
  onUnexpectedExit?: (failure: ProcessFailed) => void;
  /** Aborts the start; has no effect later. */
  signal?: AbortSignal;
}

export interface Services {
  redisUrl: string | undefined;
  databaseUrl: string | undefined;
  s3: S3Address | undefined;
  /** Stops the servers in order, removes `$MYCELIUM_HOME/env` and releases the home. */
  stop: () => Promise<void>;
}

/**
 * Starts Redis, PostgreSQL and an S3 server on 127.0.0.1 with generated passwords and their data in the home. The home belongs to
 * this process until `stop`, even if it starts no server. @throws Error with the code HOME_IN_USE, or
 * ProcessFailed
 */
export async function startServices(options: ServiceOptions): Promise<Services> {
  const { onProgress, signal } = options;
  const user = await findServiceUser();
  const home = await prepareHome(options.home, user);
  const unlock = await lockHome(home);
  const running: Pick<RunningServer, 'stop'>[] = [];
  const release = async () => {
    await Promise.all(running.map((server) => server.stop()));
    await removeHomeEnv(home);
    await unlock();
  };
  let released: Promise<void> | undefined;
  const stop = () => {
    released ??= release();
    return released;
  };

  try {
    await removeHomeEnv(home); // a crash leaves it behind
    await endStaleServers(home);
    const programs = await findServerPrograms({
      redis: options.redis,
      postgres: options.postgres,
      s3: options.s3 ?? false,
      postgresMajor: await postgresDataVersion(folders(home).postgres),
      services: await servicesFolder(home),
      onProgress,
      signal,
    });
    const settings = await readServerSettings(home);

    async function start(name: keyof typeof settings, startServer: StartServer): Promise<string> {
      const onGivenUp = (failure: ProcessFailed) => options.onUnexpectedExit?.(failure);
      const startOn = (port: number, control: Control) =>
        startServer({
          folder: folders(home)[name],
          port,
          password: settings[name].password,
          durable: options.durable ?? true,
          user,
          logFile: join(home, 'logs', `${name}.log`),
          ...control,
        });
      const { onRestart } = options;
      if (!onRestart) {
        const control = { onUnexpectedExit: onGivenUp, signal };
        const server = await onFreePort(settings[name], (port) => startOn(port, control));
        running.push(server);
        return server.url;
      }
      const server = await startKept(name, {
        home,
        settings: settings[name],
        startOn,
        signal,
        onRestart,
        onGivenUp,
      });
      running.push(server);
      return server.first.url;
    }
    const { redis, postgres, s3 } = programs;
    const started = await Promise.allSettled([
      redis && start('redis', (server) => startRedis(redis, server)),
      postgres && start('postgres', (server) => startPostgres(postgres, server)),
      s3 && start('s3', (server) => startS3Server(s3, server)),
    ]);
    for (const one of started) if (one.status === 'rejected') throw one.reason;
    await writeServerSettings(home, settings);
    const [redisUrl, databaseUrl, endpoint] = started.map((one) =>
      one.status === 'fulfilled' ? one.value : undefined,
    );
    const address = endpoint ? s3Address(endpoint, settings.s3.password) : undefined;
    return { redisUrl, databaseUrl, s3: address, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Control = Pick<ServerOptions, 'onUnexpectedExit' | 'signal'>;

/** Starts a server, and starts it again on its port and with its data whenever it crashes. */
function startKept(
  name: keyof typeof titles,
  kept: {
    home: string;
    settings: ServerSettings;
    startOn: (port: number, control: Control) => Promise<RunningServer>;
    signal: AbortSignal | undefined;
    onRestart: (sentence: string) => void;
    onGivenUp: (failure: ProcessFailed) => void;
  },
) {
  const { home, settings, startOn, signal, onRestart, onGivenUp } = kept;
  let runs = false;
  const start = async (control: { onUnexpectedExit: Control['onUnexpectedExit']; signal: AbortSignal }) => {
    if (runs) {
      await endStale[name](folders(home)[name]); // what the crash left behind
      return startOn(settings.port as number, control);
    }
    const both = signal ? AbortSignal.any([signal, control.signal]) : control.signal;
    const server = await onFreePort(settings, (port) => startOn(port, { ...control, signal: both }));
    runs = true;
    return server;
  };
  return keepRunning({ name: titles[name], start, onRestart, onGivenUp });
}

/**
 * Removes a home that is not in use, with all data, and stops servers that a crash left running.
 * @throws Error with the code HOME_IN_USE
 */
export async function discardHome(path: string): Promise<void> {
  const home = await realpath(path);
  const unlock = await lockHome(home);
  await endStaleServers(home).finally(unlock);
  await rm(home, { recursive: true, force: true });
}

type StartServer = (options: ServerOptions) => Promise<RunningServer>;

const folders = (home: string) => ({
  redis: join(home, 'redis'),
  postgres: join(home, 'postgres'),
  s3: join(home, 's3'),
});

const titles = { redis: 'Redis', postgres: 'PostgreSQL', s3: 'the S3 server' };
const endStale = { redis: endStaleRedis, postgres: endStalePostgres, s3: endStaleS3 };

async function endStaleServers(home: string): Promise<void> {
  const { redis, postgres, s3 } = folders(home);
  await Promise.all([endStale.redis(redis), endStale.postgres(postgres), endStale.s3(s3)]);
}

/** Starts a server on its last port or on a free one. Retries if another process takes the port in the meantime. */
async function onFreePort(
  settings: ServerSettings,
  start: (port: number) => Promise<RunningServer>,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt++) {
    settings.port = await freePort(settings.port);
    try {
      return await start(settings.port);
    } catch (error) {
      const taken = error instanceof ProcessFailed && error.log.includes('Address already in use');
      if (!taken || attempt === 3) throw error;
    }
  }
}
