import { chown, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { output } from './command.ts';
import { startProcess } from './processes.ts';
import { type RunningServer, SERVER_ENVIRONMENT, type ServerOptions, whenReady } from './server-options.ts';
import type { S3Programs } from './server-programs.ts';
import { privateFolder } from './service-user.ts';
import { endStaleServer } from './stale-server.ts';

/** The settings of the image store, named as in the environment. */
export interface S3Address {
  S3_ENDPOINT: string;
  S3_ACCESS_KEY: string;
  S3_SECRET_KEY: string;
}

const accessKey = 'mycelium';

export const s3Address = (endpoint: string, password: string): S3Address => ({
  S3_ENDPOINT: endpoint,
  S3_ACCESS_KEY: accessKey,
  S3_SECRET_KEY: password,
});

const files = (folder: string) => ({
  settings: join(folder, 'ceph.conf'),
  pidFile: join(folder, 'radosgw.pid'),
});

/** Stops an S3 server of this folder that survived a crash of its parent. */
export async function endStaleS3(folder: string): Promise<void> {
  const { settings, pidFile } = files(folder);
  await endStaleServer({ pidFile, mark: settings, signals: ['SIGTERM', 'SIGKILL'] });
}

/**
 * Starts Ceph's S3 server with everything in SQLite files. Its makers call that store (`dbstore`) experimental: it is
 * for tests and for trying the way that images take, not for a farm.
 */
export async function startS3Server(programs: S3Programs, options: ServerOptions): Promise<RunningServer> {
  const { folder, user, port, signal } = options;
  const { settings, pidFile } = files(folder);
  await privateFolder(folder, user);
  await rm(settings, { force: true }); // it belongs to the servers' user, and our user writes the new one
  await writeFile(settings, s3Settings(options), { mode: 0o600 });
  if (user.ids) await chown(settings, user.ids.uid, user.ids.gid);

  const standalone = ['-c', settings, '--no-mon-config'];
  await createUser(programs.admin, standalone, options);
  const url = `http://127.0.0.1:${port}`;
  const server = await startProcess({
    name: 'the S3 server',
    command: programs.server,
    args: ['-f', ...standalone, '-n', 'client.rgw'],
    env: SERVER_ENVIRONMENT,
    cwd: '/',
    user,
    logFile: options.logFile,
    isReady: () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    readyWithinMs: 60_000,
    signal,
    onUnexpectedExit: options.onUnexpectedExit,
  });
  await writeFile(pidFile, String(server.pid)); // in the foreground it writes none
  return whenReady(server, url);
}

/**
 * Creates the user whose keys the clients have. The program sometimes hangs, mostly when it creates the files; then it is
 * run again, and may find the user.
 */
async function createUser(admin: string, standalone: string[], { user, signal, password }: ServerOptions) {
  const names = ['--uid', accessKey, '--display-name', accessKey];
  const keys = ['--access-key', accessKey, '--secret-key', password];
  for (let attempt = 1; ; attempt++) {
    try {
      await output(admin, [...standalone, 'user', 'create', ...names, ...keys], {
        ...{ user, signal, cwd: '/', env: SERVER_ENVIRONMENT },
        timeout: 5_000,
      });
      return;
    } catch (error) {
      const { message, cause } = error as Error & { cause?: { killed?: boolean } };
      if (/user: \S+ exists/.test(message)) return;
      if (!cause?.killed || attempt === 5) throw error;
    }
  }
}

function s3Settings({ folder, port }: ServerOptions): string {
  return `${[
    '[global]',
    `run_dir = ${folder}`,
    `rgw_data = ${folder}`,
    'admin_socket =',
    'log_file =',
    'log_to_stderr = true',
    'debug_rgw = 0', // otherwise a line for each request
    'rgw_backend_store = dbstore',
    'rgw_config_store = dbstore',
    `dbstore_config_uri = file:${join(folder, 'config.db')}`,
    `dbstore_db_dir = ${folder}`,
    'dbstore_db_name_prefix = objects',
    `rgw_frontends = beast endpoint=127.0.0.1:${port}`,
    'rgw_thread_pool_size = 64',
  ].join('\n')}\n`;
}
