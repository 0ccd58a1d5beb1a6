import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { findRun, type Pool } from '@mycelium/database';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';

const apps = { daily_env_stats: 'worker-env-stats', hourly_setpoint_monitoring: 'worker-setpoint' };

/** Starts a job's real worker, as on a farm, with its own queues. */
export async function startWorkerOf(
  job: keyof typeof apps,
  { pool, databaseUrl, redisUrl, home }: { pool: Pool; databaseUrl: string; redisUrl: string; home: string },
) {
  const prefix = `{bench-${apps[job]}-${process.pid}}`;
  const timeouts = { REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 60_000 };
  const queues = createQueues(connect({ REDIS_URL: redisUrl, REDIS_PREFIX: prefix, ...timeouts }, () => {}));
  const main = new URL(`../../apps/${apps[job]}/src/main.ts`, import.meta.url).pathname;
  const start = async () => {
    const child = spawn(process.execPath, [main], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        MYCELIUM_HOME: home,
        TZ: 'UTC',
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        REDIS_PREFIX: prefix,
        LOG_FORMAT: 'json',
      },
    });
    await new Promise<void>((resolve, reject) => {
      const lines = createInterface({ input: child.stdout });
      lines.on('line', (line) => line.includes('"taking jobs"') && resolve());
      child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
    });
    return child;
  };
  let child = await start();

  return {
    /** Runs a slot as if for the first time. @returns the seconds in the ledger, and the report */
    async run(slot: Date): Promise<{ seconds: number; report: unknown }> {
      await pool.query('delete from runs');
      await enqueueSlot(queues, job, slot, 'manual', {});
      for (;;) {
        const run = await findRun(pool, job, slot);
        if (run?.status === 'failed') throw new Error(`the run failed: ${run.error}`);
        if (run?.status === 'succeeded' && run.startedAt && run.finishedAt) {
          return {
            seconds: (run.finishedAt.getTime() - run.startedAt.getTime()) / 1_000,
            report: run.report,
          };
        }
        await wait(20);
      }
    },
    /** Kills the worker without warning and starts a new one, which finds the work in progress. */
    async killAndRestart() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      child = await start();
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
      await queues.close();
    },
  };
}
