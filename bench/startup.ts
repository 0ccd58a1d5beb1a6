import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment, readConfig } from '@mycelium/config';
import { createPool, migrate } from '@mycelium/database';
import { discardHome, freePort } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median } from './bench.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = 3;

/** P9: `npm start` on a prepared home until the dashboard answers, and the scheduler alone until it leads. */
export const bench: Bench = { name: 'startup', ids: ['P9'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  return [await measureNpmStart(context), await measureScheduler(context)];
}

async function measureNpmStart({ log }: BenchContext): Promise<BenchRow> {
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  const port = await freePort();
  const env = childEnvironment({
    MYCELIUM_HOME: home,
    DASHBOARD_PORT: String(port),
    // Its own servers, folder and model, whatever the benchmark's settings are.
    ...{ REDIS_URL: '', DATABASE_URL: '', S3_ENDPOINT: '', IMAGE_DIR: '', CLIP_MODEL: '' },
  });
  const seconds: number[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      const started = start('npm', ['start', '--', '--no-demo'], env);
      seconds.push(await started.answers(`http://127.0.0.1:${port}/`));
      await started.stop();
      log(`npm start${round === 0 ? ', the first time' : ''}: ${seconds.at(-1)?.toFixed(2)} s`);
    }
  } finally {
    await discardHome(home);
  }
  return row('npm start again', seconds.slice(1), 5);
}

async function measureScheduler({ databaseUrl, redisUrl, workDir, log }: BenchContext): Promise<BenchRow> {
  const ownDatabase = await createDatabase(databaseUrl, 'bench_startup');
  const pool = createPool(ownDatabase, { name: 'bench', max: 1 });
  await migrate(pool);
  await pool.end();
  const port = await freePort();
  const env = childEnvironment({
    MYCELIUM_HOME: workDir,
    TZ: 'UTC',
    DATABASE_URL: ownDatabase,
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `{bench-startup-${process.pid}}`,
    HEALTH_PORT: String(port),
  });
  const seconds: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const started = start(process.execPath, [`${root}apps/scheduler/src/main.ts`], env);
    seconds.push(await started.answers(`http://127.0.0.1:${port}/readyz`));
    await started.stop();
    log(`the scheduler: ${seconds.at(-1)?.toFixed(2)} s`);
  }
  return row('the scheduler alone', seconds.slice(1), 1);
}

function row(what: string, seconds: number[], limit: number): BenchRow {
  const ours = median(seconds);
  return {
    id: 'P9',
    case: what,
    unit: 's',
    ours,
    naive: null,
    limit,
    vsNaive: null,
    vsLimit: limit / ours,
    n: seconds.length,
  };
}

function start(command: string, args: string[], env: NodeJS.ProcessEnv) {
  const began = performance.now();
  const child = spawn(command, args, { cwd: root, env, stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  return {
    /** Seconds from the start until the address answers. */
    async answers(url: string): Promise<number> {
      while (child.exitCode === null) {
        const answer = await fetch(url).catch(() => undefined);
        await answer?.body?.cancel();
        if (answer?.ok) return (performance.now() - began) / 1_000;
        await wait(10);
      }
      throw new Error(`${command} ${args.join(' ')} ended with ${child.exitCode}`);
    },
    /** Ctrl-C, as a terminal sends it: to the whole process group. */
    async stop() {
      process.kill(-(child.pid as number), 'SIGINT');
      await ended;
    },
  };
}
