import { findModel, loadEncoder } from '@mycelium/encoder';
import { startProcess } from '@mycelium/process';
import { openStore } from '@mycelium/storage';
import { buildDashboard } from './dashboard.ts';
import { lazySearcher } from './images/searcher.ts';

// Pages wait for their queries: see `createPool`.
const { config, pool, queues, logger, shutdown, announce } = await startProcess('dashboard', {
  tag: '[DASHBOARD]',
  parallel: false,
});

const { CLIP_MODEL: model, MODEL_DIR: modelDir, CLIP_THREADS: threads } = config;
// Queries are few and small. The GPU is for the images.
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

// Metrics get their own port, since the dashboard's port may be open to people who should not see them.
await announce({
  ready: async () => {
    const { payload, statusCode } = await dashboard.inject('/readyz');
    return statusCode === 200 ? undefined : payload.trim();
  },
});
const address = await dashboard.listen({ host: config.DASHBOARD_HOST, port: config.DASHBOARD_PORT });
logger.info(`the dashboard is at ${address}`, { login: Boolean(config.DASHBOARD_USER) });
