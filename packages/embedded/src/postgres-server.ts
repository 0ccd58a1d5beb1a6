import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { output } from './command.ts';
import { startProcess } from './processes.ts';
import { type RunningServer, SERVER_ENVIRONMENT, type ServerOptions, whenReady } from './server-options.ts';
import type { PostgresProgram } from './server-programs.ts';
import { privateFolder } from './service-user.ts';
import { endOrphanedSessions, endStaleServer } from './stale-server.ts';

const USER = 'mycelium';
const DATABASE = 'mycelium';

/** The major version that wrote the data in a folder; undefined if there is none yet. */
export async function postgresDataVersion(folder: string): Promise<number | undefined> {
  const version = await readFile(join(folder, 'data/PG_VERSION'), 'utf8').catch(() => undefined);
  return version === undefined ? undefined : Number.parseInt(version, 10);
}

/** Stops a PostgreSQL of this folder that survived a crash of its parent. */
export async function endStalePostgres(folder: string): Promise<void> {
  const data = join(folder, 'data');
  const pidFile = join(data, 'postmaster.pid');
  await endStaleServer({ pidFile, mark: data, signals: ['SIGINT', 'SIGQUIT', 'SIGKILL'] });
  await endOrphanedSessions(data);
  // PostgreSQL would not start if another process, or an uncollected dead one, had the pid in this file.
  await rm(pidFile, { force: true });
}

/** Starts PostgreSQL, with an empty database on the first start. Resolves when it is ready. */
export async function startPostgres(
  program: PostgresProgram,
  options: ServerOptions,
): Promise<RunningServer> {
  const { folder, port, password, user } = options;
  const data = join(folder, 'data');
  await privateFolder(folder, user);
  if ((await postgresDataVersion(folder)) === undefined) await createCluster(program, options);

  const url = `postgres://${USER}:${password}@127.0.0.1:${port}`;
  const server = await startProcess({
    name: 'PostgreSQL',
    command: join(program.bin, 'postgres'),
    args: [
      '-D',
      data,
      ...Object.entries(settings(program, options)).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env: SERVER_ENVIRONMENT,
    cwd: '/',
    user,
    logFile: options.logFile,
    isReady: () => hasDatabase(`${url}/postgres`),
    readyWithinMs: 300_000, // after a crash it replays its log first
    signal: options.signal,
    stopSignals: ['SIGINT', 'SIGQUIT', 'SIGKILL'], // end sessions and flush; stop at once; the last resort
    onUnexpectedExit: options.onUnexpectedExit,
  });
  return whenReady(server, `${url}/${DATABASE}`);
}

async function createCluster(program: PostgresProgram, options: ServerOptions): Promise<void> {
  const { folder, password, user, durable, signal } = options;
  const unfinished = join(folder, 'data.new');
  const passwordFile = join(folder, 'password');
  await rm(unfinished, { recursive: true, force: true });
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user.ids) await chown(passwordFile, user.ids.uid, user.ids.gid);
  try {
    await output(
      join(program.bin, 'initdb'),
      [
        ...['-D', unfinished, '-U', USER, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
        ...['--encoding', 'UTF8', '--locale', 'C.UTF-8', ...(durable ? [] : ['--no-sync'])],
      ],
      { cwd: '/', user, signal, env: SERVER_ENVIRONMENT },
    );
    await rename(unfinished, join(folder, 'data'));
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** Settings for a machine shared with the workers: an eighth of the memory, half a gigabyte at most. */
function settings({ pgvector }: PostgresProgram, { port, durable }: ServerOptions): Record<string, string> {
  const megabytes = Math.max(64, Math.min(512, Math.floor(totalmem() / 2 ** 20 / 8)));
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: `${megabytes}MB`,
    maintenance_work_mem: `${megabytes}MB`, // an HNSW index is built in it
    work_mem: '16MB',
    effective_cache_size: `${megabytes * 3}MB`,
    random_page_cost: '1.1',
    max_wal_size: '2GB',
    jit: 'off', // the compiler is not unpacked
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    // pgvector 0.8.0 can corrupt memory when it builds an HNSW index in parallel.
    ...(pgvector === '0.8.0' && { max_parallel_maintenance_workers: '0' }),
    ...(!durable && { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
}

/** Creates our database if it is missing. False while the server does not accept connections yet. */
async function hasDatabase(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {}); // a lost connection; the query fails too
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
    return true;
  } catch (error) {
    const { code = '' } = error as { code?: string };
    const refused = /^[0-9A-Z]{5}$/.test(code) && code !== '57P03'; // an error from PostgreSQL other than "starting up"
    if (refused) throw error;
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
