import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, findRun, migrate } from '@mycelium/database';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';

const worker = new URL('../../apps/worker-clip/src/main.ts', import.meta.url).pathname;

/**
 * The real worker, as it runs on a farm, on a prefix of its own; `run` tells the seconds from asking for a day's
 * images until the day's report is there, and those for which its event loop was held, 99th percentile.
 */
export async function startOurs(told: {
  model: string;
  dtype: string;
  databaseUrl: string;
  redisUrl: string;
  imageDir: string;
  home: string;
  /** Milliseconds by which every read of an image is put off. */
  readDelay?: number;
}) {
  const { model, dtype, databaseUrl, redisUrl, imageDir, home, readDelay = 0 } = told;
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const prefix = `{bench-${dtype}-${readDelay}-${process.pid}}`;
  const connection = connect(
    { REDIS_URL: redisUrl, REDIS_PREFIX: prefix, REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 5_000 },
    () => {},
  );
  const queues = createQueues(connection);
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [...(readDelay ? ['--import', slowDisk(imageDir, readDelay)] : []), worker],
    {
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
        HEALTH_PORT: String(port),
      },
    },
  );
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('"taking jobs"') && resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });

  return {
    /** `day` is YYYY-MM-DD; its images lie in the folder. */
    async run(day: string, images: number): Promise<{ seconds: number; loopHeld: number }> {
      await loopHeld(port); // asking begins the count anew
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
          return { seconds, loopHeld: await loopHeld(port) };
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

/** Seconds that 99 of 100 delays of the worker's event loop did not reach, since it was asked last. */
async function loopHeld(port: number): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return Number(/^nodejs_eventloop_lag_p99_seconds(?:{.*})? (.+)$/m.exec(metrics)?.[1]);
}

function slowDisk(folder: string, delay: number): string {
  const { href } = new URL('./slow-disk.ts', import.meta.url);
  return `${href}?${new URLSearchParams({ folder, delay: String(delay) })}`;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
