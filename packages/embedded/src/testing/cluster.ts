import { appendFile, chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { output } from '../command.ts';
import { freePort } from '../port.ts';
import { startProcess } from '../processes.ts';
import { SERVER_ENVIRONMENT } from '../server-options.ts';
import { findServiceUser, privateFolder } from '../service-user.ts';
import { testPrograms } from './test-programs.ts';

interface TestContext {
  after(release: () => Promise<unknown>): void;
}

/**
 * Creates a PostgreSQL as a container has it: with a socket that its own user needs no password for.
 * @param settings lines of postgresql.conf, made from the folders
 */
export async function createCluster(
  t: TestContext,
  home: string,
  settings: (folders: { data: string; socket: string; folder: string }) => string[],
) {
  const user = await findServiceUser();
  const { postgresBin } = await testPrograms(home);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-cluster-'));
  await chmod(folder, 0o755);
  t.after(() => rm(folder, { recursive: true, force: true }));
  const [data, socket] = [join(folder, 'data'), join(folder, 'socket')];
  await Promise.all([data, socket].map((path) => privateFolder(path, user)));
  /** Runs a program as the servers' user. */
  const run = (program: string, args: string[], env: Record<string, string> = {}) =>
    output(program, args, { cwd: '/', user, env: { ...SERVER_ENVIRONMENT, ...env } });
  await run(join(postgresBin, 'initdb'), [
    ...['-D', data, '-U', 'mycelium', '--auth', 'trust', '--no-sync'],
    ...['--encoding', 'UTF8', '--locale', 'C.UTF-8'],
  ]);
  const port = await freePort();
  const lines = [
    `port = ${port}`,
    `listen_addresses = '127.0.0.1'`,
    `unix_socket_directories = '${socket}'`,
    'jit = off', // the compiler is not unpacked
    ...settings({ data, socket, folder }),
  ];
  await appendFile(join(data, 'postgresql.conf'), `${lines.join('\n')}\n`);

  const url = `postgres://mycelium@127.0.0.1:${port}/mycelium`;
  /** @returns what stops it */
  async function start(): Promise<() => Promise<void>> {
    const server = await startProcess({
      name: 'PostgreSQL',
      command: join(postgresBin, 'postgres'),
      args: ['-D', data],
      env: SERVER_ENVIRONMENT,
      cwd: '/',
      user,
      logFile: join(folder, 'log'),
      isReady: () => isWritable(url),
      stopSignals: ['SIGINT', 'SIGQUIT', 'SIGKILL'],
    });
    await server.ready;
    let stopped: Promise<void> | undefined;
    const stop = () => {
      stopped ??= server.stop();
      return stopped;
    };
    t.after(stop);
    return stop;
  }
  return {
    url,
    port,
    folder,
    data,
    socket,
    start,
    run,
    folderOf: (path: string) => privateFolder(path, user),
  };
}

/** Creates the database at the first start. False while the server recovers. */
async function isWritable(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url.replace(/mycelium$/, 'postgres') });
  client.on('error', () => {});
  try {
    await client.connect();
    const { rows } = await client.query<{ recovers: boolean; exists: boolean }>(
      `select pg_is_in_recovery() as recovers, exists (select from pg_database where datname = 'mycelium') as exists`,
    );
    if (rows[0]?.recovers) return false;
    if (!rows[0]?.exists) await client.query('create database mycelium');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
