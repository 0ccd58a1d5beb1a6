import { hostname } from 'node:os';
import { readConfig, requireSettings } from '@mycelium/config';
import { createPool, startHeartbeat } from '@mycelium/database';
import { findModel, loadEncoder } from '@mycelium/encoder';
import { connect, createQueues } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import { createLogger, onShutdown, startHealthServer } from '@mycelium/telemetry';
import { buildDashboard } from './dashboard.ts';
import { lazySearcher } from './images/searcher.ts';

const config = requireSettings(readConfig(), 'DATABASE_URL', 'REDIS_URL');
const logger = createLogger({
  service: 'dashboard',
  level: config.LOG_LEVEL,
  format: config.LOG_FORMAT,
}).child({ tag: '[DASHBOARD]' });
const shutdown = onShutdown(logger, config.DRAIN_SECONDS);

const pool = createPool(config.DATABASE_URL, { name: 'mycelium dashboard', parallel: false });
shutdown.onStop('database', () => pool.end());
const queues = createQueues(
  connect(config, (error) => logger.warn('Redis is out of reach', { error: error.message })),
);
shutdown.onStop('queues', () => queues.close());

const { CLIP_MODEL: model, MODEL_DIR: modelDir, CLIP_THREADS: threads } = config;
// Queries are few and small: the GPU is for the images.
const searcher = lazySearcher(async (key) =>
  loadEncoder({ ...(await findModel(key, { model, modelDir })), threads, device: 'cpu' }),
);
shutdown.onStop('search model', () => searcher.close());

const dashboard = await buildDashboard({
  config,
  pool,
  queues,
  store: openStore(config),
  searcher,
  clock: () => new Date(),
  logger,
});
shutdown.onStop('dashboard', () => dashboard.close());
const heartbeat = startHeartbeat(pool, {
  process: `dashboard@${hostname()}#${process.pid}`,
  service: 'dashboard',
  host: hostname(),
  trouble: () => undefined,
});
shutdown.onStop('heartbeat', () => heartbeat.stop());
if (config.HEALTH_PORT) {
  // Metrics are not for those who look at the farm, and the dashboard's own port may be open to them.
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: async () => {
      const { payload, statusCode } = await dashboard.inject('/readyz');
      return statusCode === 200 ? undefined : payload.trim();
    },
  });
  shutdown.onStop('health', () => health.close());
}
const address = await dashboard.listen({ host: config.DASHBOARD_HOST, port: config.DASHBOARD_PORT });
logger.info(`the dashboard is at ${address}`, { login: Boolean(config.DASHBOARD_USER) });
