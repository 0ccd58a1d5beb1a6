import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { startProcess } from './processes.ts';
import { type RunningServer, SERVER_ENVIRONMENT, type ServerOptions, whenReady } from './server-options.ts';
import { privateFolder } from './service-user.ts';
import { endStaleServer } from './stale-server.ts';

const files = (folder: string) => ({
  settings: join(folder, 'redis.conf'),
  pidFile: join(folder, 'redis.pid'),
});

/** Stops a Redis of this folder that survived a crash of its parent. */
export async function endStaleRedis(folder: string): Promise<void> {
  const { settings, pidFile } = files(folder);
  await endStaleServer({ pidFile, mark: settings, signals: ['SIGTERM', 'SIGKILL'] });
}

/** Starts Redis. Resolves when it has read its data and answers. */
export async function startRedis(program: string, options: ServerOptions): Promise<RunningServer> {
  const { folder, user } = options;
  const { settings, pidFile } = files(folder);
  await privateFolder(folder, user);
  await rm(settings, { force: true }); // it belongs to the servers' user, and our user writes the new one
  await writeFile(settings, redisSettings(options, pidFile), { mode: 0o600 });
  if (user.ids) await chown(settings, user.ids.uid, user.ids.gid);

  const url = `redis://:${options.password}@127.0.0.1:${options.port}`;
  const server = await startProcess({
    name: 'Redis',
    command: program,
    args: [settings],
    env: SERVER_ENVIRONMENT,
    cwd: '/',
    user,
    logFile: options.logFile,
    isReady: () => answers(url),
    readyWithinMs: 300_000, // it first reads its append-only file
    signal: options.signal,
    onUnexpectedExit: options.onUnexpectedExit,
  });
  return whenReady(server, url);
}

function redisSettings({ folder, port, password, durable }: ServerOptions, pidFile: string): string {
  return `${[
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir ${JSON.stringify(folder)}`,
    `pidfile ${JSON.stringify(pidFile)}`,
    'set-proc-title no', // the command line keeps naming this file, which identifies a stale server
    'maxmemory-policy noeviction', // BullMQ's jobs are not a cache
    'save ""',
    `appendonly ${durable ? 'yes' : 'no'}`,
    'appendfsync everysec',
  ].join('\n')}\n`;
}

async function answers(url: string): Promise<boolean> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {}); // connect() reports it too
  try {
    await client.connect();
    return (await client.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    client.disconnect();
  }
}
