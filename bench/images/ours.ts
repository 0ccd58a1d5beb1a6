import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, findRun, migrate } from '@mycelium/database';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';

const worker = new URL('../../apps/worker-clip/src/main.ts', import.meta.url).pathname;

export type Ours = Awaited<ReturnType<typeof startOurs>>;

/** Starts the real image worker, as on a farm, with its own queues. */
export async function startOurs(options: {
  name: string;
  model: string;
  dtype: string;
  databaseUrl: string;
  redisUrl: string;
  home: string;
  /** The settings of the image store. */
  store: Record<string, string>;
  nodeOptions?: string[];
}) {
  const { name, model, dtype, databaseUrl, redisUrl, home, store, nodeOptions = [] } = options;
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const prefix = `{bench-${name}-${process.pid}}`;
  const connection = connect(
    {
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      REDIS_CONNECT_TIMEOUT: 5_000,
      REDIS_COMMAND_TIMEOUT: 60_000,
    },
    () => {},
  );
  const queues = createQueues(connection);
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeOptions, worker], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      MYCELIUM_HOME: home,
      TZ: 'UTC',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      ...store,
      CLIP_MODEL: model,
      CLIP_DTYPE: dtype,
      CLIP_DEVICE: 'cpu',
      LOG_FORMAT: 'json',
      HEALTH_PORT: String(port),
    },
  });
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes('"taking jobs"') && resolve());
    child.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });

  return {
    queues,
    /**
     * Requests the images of a day, YYYY-MM-DD, and waits until its run has this status.
     * @param watch called every few milliseconds meanwhile
     */
    async run(day: string, status: 'succeeded' | 'waiting', watch = async () => {}) {
      const slot = new Date(Date.parse(`${day}T03:02:25Z`) + 86_400_000);
      const start = performance.now();
      await enqueueSlot(queues, 'daily_clip_inference', slot, 'manual', {});
      for (;;) {
        const run = await findRun(pool, 'daily_clip_inference', slot);
        const seconds = (performance.now() - start) / 1_000;
        if (run?.status === 'failed') throw new Error(`the day failed: ${run.error}`);
        if (run?.status === status) return { seconds, report: run.report };
        await watch();
        await wait(20);
      }
    },
    /** Reads one of the worker's metrics. The event loop delays cover the time since the last call. */
    async metric(metric: string): Promise<number> {
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Number(new RegExp(`^${metric}(?:{.*})? (.+)$`, 'm').exec(metrics)?.[1]);
    },
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true, count: 10_000 })));
      await queues.close();
      await pool.end();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
