import { join } from 'node:path';
import { type Config, readConfig, type Setting } from '@mycelium/config';
import { createPool, migrate, type Pool, textOrderChange } from '@mycelium/database';
import { freePort, startServices, writeHomeEnv } from '@mycelium/embedded';
import { connect, createQueues, timetable } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import { fill } from '@mycelium/words';
import { out } from '../colours.ts';
import { CommandFailed } from '../command-errors.ts';
import type { Output } from '../output.ts';
import { startApps } from './apps.ts';
import { growFarmIfEmpty } from './farm.ts';
import { runEachJob } from './first-runs.ts';
import { checkImagePlace } from './image-place.ts';
import { keepDemoGoing } from './live-demo.ts';
import { chooseModel } from './model.ts';

export interface UpOptions {
  once?: boolean;
  demo: boolean;
  s3?: boolean;
  json?: boolean;
  wide?: boolean;
}

/** Runs everything on this machine and stops it in reverse order. @returns the exit code. */
export async function up(options: UpOptions, output: Output): Promise<number> {
  const config = readConfig(undefined, { running: false });
  const end = new AbortController();
  const releases: (() => unknown)[] = [];
  watchSignals(end, output);
  try {
    return await run(config, options, output, end, (release) => releases.push(release));
  } catch (error) {
    // Ctrl-C is the normal way to end, unless --once is still waiting for its reports.
    if (end.signal.aborted && !(end.signal.reason instanceof CommandFailed)) return options.once ? 1 : 0;
    throw end.signal.reason ?? error;
  } finally {
    if (releases.length > 0) output.line(out.dim('Stopping …'));
    for (const release of releases.reverse()) await release();
  }
}

async function run(
  config: Config,
  options: UpOptions,
  output: Output,
  end: AbortController,
  onEnd: (release: () => unknown) => void,
): Promise<number> {
  const { signal } = end;
  const home = config.MYCELIUM_HOME;
  const fail = (failure: Error) => end.abort(new CommandFailed(failure.message));
  output.line(`\n  ${out.bold(out.green('Mycelium'))}  runs the jobs of a mushroom farm\n`);
  output.done('home', home);

  await checkImagePlace(config, options.s3 ?? false);
  const services = await startServices({
    home,
    redis: !config.REDIS_URL,
    postgres: !config.DATABASE_URL,
    s3: options.s3 ?? false,
    onProgress: (message) => output.line(out.dim(`  ${message}`)),
    onRestart: (sentence) => output.warn(sentence),
    onUnexpectedExit: fail,
    signal,
  });
  onEnd(() => services.stop());
  const servers = {
    REDIS_URL: config.REDIS_URL ?? (services.redisUrl as string),
    DATABASE_URL: config.DATABASE_URL ?? (services.databaseUrl as string),
  };
  output.done('Redis', whose(config.REDIS_URL, servers.REDIS_URL));
  output.done('PostgreSQL', whose(config.DATABASE_URL, servers.DATABASE_URL));

  const pool = createPool(servers.DATABASE_URL, { name: 'mycelium up', max: 4 });
  onEnd(() => pool.end());
  await makeTables(pool, output);

  const folder = config.S3_ENDPOINT ? {} : { IMAGE_DIR: config.IMAGE_DIR ?? join(home, 'images') };
  const images = services.s3 ?? folder;
  const store = openStore({ ...config, ...images });
  await store.ensureBucket(signal);
  output.done(
    'images',
    `${store.describe()}${services.s3 ? ', started here; its store is experimental' : ''}`,
  );
  const model = await chooseModel(config, output);
  signal.throwIfAborted();
  if (options.demo) {
    await growFarmIfEmpty({ home, pool, store, timeZone: config.TZ, now: new Date(), output, signal });
  }

  const port = await freePort(config.DASHBOARD_PORT);
  if (port !== config.DASHBOARD_PORT) {
    output.warn(`  port ${config.DASHBOARD_PORT} is in use; the dashboard listens on ${port} instead`);
  }
  const settings = {
    ...servers,
    ...images,
    ...model,
    TZ: config.TZ,
    DASHBOARD_PORT: String(port),
  } satisfies Partial<Record<Setting, string>>;
  await writeHomeEnv(home, settings);
  const dashboard = `http://${reachable(config.DASHBOARD_HOST)}:${port}`;
  const apps = await startApps({ home, settings, dashboard, output, signal, onGivenUp: fail });
  onEnd(() => apps.stop());
  output.done('processes', `${apps.names.join(', ')}; logs in ${join(home, 'logs')}`);

  const jobs = timetable(config.TZ, new Date());
  output.line();
  output.table(
    ['job', 'name', 'trigger', 'next run'],
    jobs.map(({ id, name, trigger, next }) => [id, name, trigger, next]),
  );

  const queues = createQueues(connect({ ...config, ...servers }, () => {}));
  onEnd(() => queues.close());
  const reports = await runEachJob({
    connections: { config: { ...config, ...images }, pool, queues },
    output,
    signal,
  });
  const failed = reports.runs.filter(({ status }) => status !== 'succeeded');

  output.line(`\n  Dashboard: ${out.bold(out.cyan(dashboard))}`);
  if (failed.length > 0) output.warn(`  failed: ${failed.map(({ job }) => job).join(', ')}`);
  output.result({ dashboard, home, model: model.CLIP_MODEL, timetable: jobs, ...reports });
  if (options.once) return failed.length > 0 ? 1 : 0;

  if (options.demo) {
    const demo = keepDemoGoing({ home, pool, store, timeZone: config.TZ, signal }, output);
    onEnd(() => demo);
  }
  output.line(out.dim('  Press Ctrl-C to stop everything.'));
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  throw signal.reason;
}

async function makeTables(pool: Pool, output: Output) {
  const { applied } = await migrate(pool, (progress) => output.line(progress));
  if (await textOrderChange(pool))
    output.warn('  The sort order of text has changed under the indexes: run `mycelium doctor --fix`.');
  output.done(
    'tables',
    applied.length > 0 ? fill('{n:migration|migrations} applied', { n: applied.length }) : 'up to date',
  );
}

/** An address at which this machine reaches a server that listens on all addresses. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

function whose(given: string | undefined, address: string): string {
  const { host } = new URL(address);
  return given ? `at ${host}, from the settings` : `at ${host}, started here`;
}

/** The first Ctrl-C stops everything in order. A later one kills this process, and the kernel kills its children. */
function watchSignals(end: AbortController, output: Output) {
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (!end.signal.aborted) {
        first = Date.now();
        output.line(out.dim(`\n${name}: stopping. Press Ctrl-C again to stop at once.`));
        end.abort(new Error(name));
      } else if (Date.now() - first > 1_000) process.exit(1);
      // else: under npm one Ctrl-C arrives twice, from the terminal and from npm
    });
  }
}
