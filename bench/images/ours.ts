import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, findRun, migrate } from '@mycelium/database';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';

const worker = new URL('../../apps/worker-clip/src/main.ts', import.meta.url).pathname;

/**
 * The real worker, as it runs on a farm, on a database and a prefix of its own; `run` tells the seconds from asking
 * for a day's images until the day's report is there.
 */
export async function startOurs(told: {
  model: string;
  dtype: string;
  databaseUrl: string;
  redisUrl: string;
  imageDir: string;
  home: string;
}) {
  const { model, dtype, databaseUrl, redisUrl, imageDir, home } = told;
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const prefix = `{bench-${dtype}-${process.pid}}`;
  const connection = connect(
    { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 5_000 },
    () => {},
  );
  const queues = createQueues(connection);
  const child = spawn(process.execPath, [worker], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      MYCELIUM_HOME: home,
      TZ: 'UTC',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      IMAGE_DIR: imageDir,
      CLIP_MODEL: model,
      CLIP_DTYPE: dtype,
      CLIP_DEVICE: 'cpu',
      LOG_FORMAT: 'json',
    },
  });
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('"taking jobs"') && resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });

  return {
    /** `day` is YYYY-MM-DD; its images lie in the folder. */
    async run(day: string, images: number): Promise<number> {
      const slot = new Date(Date.parse(`${day}T03:02:25Z`) + 86_400_000);
      const start = performance.now();
      await enqueueSlot(queues, 'daily_clip_inference', slot, 'manual', {});
      for (;;) {
        const run = await findRun(pool, 'daily_clip_inference', slot);
        const seconds = (performance.now() - start) / 1_000;
        if (run?.status === 'failed') throw new Error(`the day failed: ${run.error}`);
        if (run?.status === 'succeeded') {
          const { succeeded } = run.report as { succeeded: number };
          if (succeeded !== images) throw new Error(`${succeeded} of ${images} images have a vector`);
          return seconds;
        }
        await wait(20);
      }
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
      await queues.close();
      await pool.end();
    },
  };
}
