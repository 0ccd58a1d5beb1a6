import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment } from '@mycelium/config';
import { createPool, findRun } from '@mycelium/database';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';
import { countStatistics, writeReadings } from '../harness/readings.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';

const main = new URL('../../../apps/cli/src/main.ts', import.meta.url).pathname;
const servedWithin = 10;

export const r20: Scenario = {
  id: 'R20',
  title:
    '`npm start` with its Redis, its PostgreSQL and its workers killed one after another, and both servers at once',
  quiet: true,
  async run(outer) {
    // The sixth crash of a server within ten minutes ends `npm start`.
    const turns = outer.full ? 2 : 1;
    const home = await outer.home();
    const up = spawn(process.execPath, [main, 'up', '--no-demo'], {
      env: childEnvironment({ MYCELIUM_HOME: home, REDIS_URL: '', DATABASE_URL: '', TZ: 'UTC' }),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(up, 'exit');
    outer.onEnd(async () => {
      up.kill('SIGTERM');
      await Promise.race([ended, wait(20_000)]);
    });
    await printed(up, 'Press Ctrl-C');
    const env = Object.fromEntries(
      (await readFile(join(home, 'env'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
    );
    const pool = createPool(env.DATABASE_URL as string, { name: 'chaos', max: 2 });
    outer.onEnd(() => pool.end());
    const connection = connect(
      {
        REDIS_URL: env.REDIS_URL as string,
        REDIS_PREFIX: '{mycelium}',
        REDIS_CONNECT_TIMEOUT: 2_000,
        REDIS_COMMAND_TIMEOUT: 2_000,
      },
      () => {},
    );
    const queues = createQueues(connection);
    outer.onEnd(() => queues.close().catch(() => {}));
    const testbed = { ...outer, pool, queues } as Testbed;
    while (!(await answers(testbed))) await wait(50);
    const days: string[] = [];
    const pidOf = async (file: string) => Number.parseInt(await readFile(join(home, file), 'utf8'), 10);
    const redis = () => pidOf('redis/redis.pid');
    const postgres = () => pidOf('postgres/data/postmaster.pid');
    const worker = async () => pidOfApp(up, 'worker-env-stats');
    const victims: [string, (() => Promise<number>)[]][] = [
      ['Redis', [redis]],
      ['PostgreSQL', [postgres]],
      ['a worker', [worker]],
      ['both servers', [redis, postgres]],
    ];
    const broken: string[] = [];
    const times: string[] = [];
    let recovered = 0;
    for (let turn = 0; turn < turns; turn++) {
      for (const [what, processes] of victims) {
        const killed = await Promise.all(processes.map((pid) => pid()));
        for (const pid of killed) process.kill(pid, 'SIGKILL');
        const began = Date.now();
        const replaced = async () => {
          const now = await Promise.all(processes.map((pid) => pid().catch(() => undefined)));
          return now.every((pid, n) => pid !== undefined && pid !== killed[n]) && (await answers(testbed));
        };
        while (!(await replaced()) && Date.now() - began < 60_000) await wait(50);
        const seconds = (Date.now() - began) / 1_000;
        times.push(`${what} ${seconds.toFixed(1)} s`);
        if (turn === 0 && seconds > servedWithin)
          broken.push(`${what} answered only after ${seconds.toFixed(1)} s`);
        const day = new Date(Date.parse('2026-01-01T00:00:00Z') + days.length * 86_400_000)
          .toISOString()
          .slice(0, 10);
        days.push(day);
        await retried(() => writeReadings(testbed, [day]));
        const slot = new Date(Date.parse(`${day}T01:03:20Z`) + 86_400_000);
        await retried(() => enqueueSlot(queues, 'daily_env_stats', slot, 'backfill', {}));
        const done = await succeeded(testbed, slot);
        if (done) recovered++;
        else broken.push(`after ${what}, turn ${turn + 1}: the next run did not succeed`);
      }
    }
    if (up.exitCode !== null) broken.push('`npm start` ended');
    return {
      ...(await countStatistics(pool, days)),
      ...{ recovered, broken },
      note: `${victims.length * turns} kills; until the process was replaced and both servers answered: ${times.join(', ')}; the next run succeeded each time, with the data from before`,
    };
  },
};

/** Waits until the process has printed this. */
async function printed(child: ChildProcess, text: string): Promise<void> {
  let seen = '';
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    seen += chunk;
    if (!seen.includes(text)) continue;
    child.stdout?.resume();
    return;
  }
  throw new Error(`npm start ended: ${seen.slice(-500)}`);
}

/** The pid of an app that this `npm start` started. */
function pidOfApp(up: ChildProcess, app: string): number {
  const lines = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(up.pid)], { encoding: 'utf8' });
  const line = lines.split('\n').find((one) => one.includes(app));
  if (!line) throw new Error(`no process of ${app}: ${lines}`);
  return Number.parseInt(line, 10);
}

const answers = async ({ pool, queues }: Testbed) =>
  Promise.all([pool.query('select 1'), queues.of('daily_env_stats').getWaitingCount()]).then(
    () => true,
    () => false,
  );

async function retried(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await work();
      return;
    } catch (error) {
      if (tries === 100) throw error;
      await wait(200);
    }
  }
}

async function succeeded({ pool }: Testbed, slot: Date): Promise<boolean> {
  for (let tries = 0; tries < 300; tries++) {
    const run = await findRun(pool, 'daily_env_stats', slot).catch(() => undefined);
    if (run?.status === 'succeeded') return true;
    await wait(200);
  }
  return false;
}
