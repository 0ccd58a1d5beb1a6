import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readConfig, requireSettings } from '@mycelium/config';
import { buildDashboard } from '@mycelium/dashboard/src/dashboard.ts';
import { visit } from '@mycelium/dashboard/src/testing.ts';
import { createLedger, ensureModel } from '@mycelium/database';
import { addReadings, createTestDatabase } from '@mycelium/database/testing';
import { photographAs } from '@mycelium/encoder/testing';
import { addDays, dayBounds, dayOf, formatImageKey } from '@mycelium/farm';
import { createQueues, startWorker } from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { directoryStore } from '@mycelium/storage';
import { createLogger } from '@mycelium/telemetry';
import { dailyClipInference, embedBatch, embedImages } from '@mycelium/worker-clip/handlers';
import { computeEnvStats } from '@mycelium/worker-env-stats/src/compute-env-stats.ts';
import type { Context as StatsContext } from '@mycelium/worker-env-stats/src/context.ts';
import { stubEncoder } from '../tools/stub-encoder.ts';

export const timeZone = 'Asia/Shanghai';
const aliases = { 7: '607' };
const logger = createLogger({ service: 'test', level: 'error', format: 'json' });

interface TestContext {
  after(release: () => unknown): void;
}

export type TestFarm = Awaited<ReturnType<typeof openFarm>>;

/**
 * @param settings of the dashboard and the command line
 * @returns a database, queues, a store, the dashboard, and the statistics and image workers with their real handlers. Only the
 * model is a stub.
 */
export async function openFarm(t: TestContext, settings: Record<string, string> = {}) {
  const pool = await createTestDatabase(t);
  const connection = testRedis(t);
  const queues = createQueues(connection);
  const images = await mkdtemp(join(tmpdir(), 'mycelium-operations-'));
  const store = directoryStore(images);
  const env = {
    DATABASE_URL: pool.url,
    REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
    REDIS_PREFIX: connection.prefix,
    IMAGE_DIR: images,
    MYCELIUM_HOME: `${tmpdir()}/no-home`,
    ROOM_ALIASES: '7:607',
    TZ: timeZone,
    ...settings,
  };
  const clock = () => new Date();
  const app = await buildDashboard({ config: readConfig(env), pool, queues, store, clock, logger });
  const failing = { embedImages: false };
  const workers = await startWorkers();
  t.after(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await app.close();
    await Promise.all(queues.all.map((queue) => queue.close()));
    await rm(images, { recursive: true });
  });
  const { send } = await visit(app);
  return {
    pool,
    queues,
    redis: connection.redis,
    store,
    env,
    send,
    failing,
    today: dayOf(clock(), timeZone),
    addImages,
    addTemperatures,
    idle,
  };

  async function startWorkers() {
    const encoder = stubEncoder();
    const model = { id: await ensureModel(pool, encoder.key, encoder.id), key: encoder.key };
    const clip = {
      pool,
      store,
      encoder,
      model,
      captioner: undefined,
      queues,
      aliases,
      lateDays: 7,
      quietMillis: 200,
      logger,
    };
    const options = { connection, queues, ledger: createLedger(pool, 'test'), timeZone, logger };
    const stats = handlersOf<'env-stats', StatsContext>({ daily_env_stats: computeEnvStats });
    return [
      startWorker('env-stats', stats, { pool, logger }, options),
      startWorker(
        'clip',
        {
          daily_clip_inference: dailyClipInference,
          embed_images: async (payload, context) => {
            if (failing.embedImages)
              throw Object.assign(new Error('the bucket is gone'), { permanent: true });
            return embedImages(payload, context);
          },
        },
        clip,
        { ...options, concurrency: 2 }, // as the real worker: two runs of a job meet
      ),
      startWorker(
        'clip-batch',
        handlersOf<'clip-batch'>({ embed_batch: embedBatch as never }),
        clip,
        options,
      ),
    ];
  }

  /** Hourly images of a room on a day, with its cameras' names. */
  async function addImages(room: string, day: string, hours: number[]): Promise<string[]> {
    const keys = hours.map((hour) => {
      const capturedAt = new Date(dayBounds(day, timeZone).start.getTime() + hour * 3_600_000);
      return formatImageKey({ room, capturedAt, batchInDate: addDays(day, -5), camera: '1' }, { timeZone });
    });
    for (const [n, key] of keys.entries()) await store.write(key, await photographAs('jpeg', 64, 48, n + 1));
    return keys;
  }

  /** A temperature every minute for a whole day. */
  async function addTemperatures(room: string, day: string): Promise<void> {
    const name = { room, device: `mushroom_env_status_${room}`, point: 'temperature' };
    const { start } = dayBounds(day, timeZone);
    const values = Array.from({ length: 1_440 }, (_, n) => {
      const value = 18 + (n % 7) / 10;
      return [start.getTime() + n * 60_000, value] as const;
    });
    await addReadings(pool, name, values);
  }

  /** Waits until every queue is empty. */
  async function idle(): Promise<void> {
    const busy = ['wait', 'active', 'delayed', 'prioritized', 'waiting-children'] as const;
    for (let n = 0; n < 1_200; n++) {
      const counts = await Promise.all(queues.all.map((queue) => queue.getJobCountByTypes(...busy)));
      if (counts.every((count) => count === 0)) return;
      await sleep(50);
    }
    throw new Error('the queues did not become empty within a minute');
  }
}
