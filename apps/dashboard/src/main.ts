import { checkFit } from '@mycelium/database';
import { findModel, loadEncoder } from '@mycelium/encoder';
import { PermanentError } from '@mycelium/farm';
import { watchImageFolder } from '@mycelium/operations';
import { startProcess } from '@mycelium/process';
import { openStore } from '@mycelium/storage';
import { buildDashboard } from './dashboard.ts';
import { lazySearcher } from './images/searcher.ts';

// Pages wait for their queries: see `createPool`.
const { config, pool, queues, logger, shutdown, announce } = await startProcess('dashboard', {
  tag: '[DASHBOARD]',
  parallel: false,
});

await checkFit(pool).catch(async (error) => {
  if (!(error instanceof PermanentError)) return; // the database is down: pages say so until it answers
  logger.error('the console is not started', { error: error.message });
  await shutdown.stop('the database does not fit', 1);
});

const { CLIP_MODEL: model, MODEL_DIR: modelDir, CLIP_THREADS: threads } = config;
// Queries are few and small. The GPU is for the images.
const searcher = lazySearcher(async (key) =>
  loadEncoder({ ...(await findModel(key, { model, modelDir })), threads, device: 'cpu' }),
);
shutdown.onStop('search model', () => searcher.close());

const clock = () => new Date();
const dashboard = await buildDashboard({
  config,
  pool,
  queues,
  store: openStore(config),
  searcher,
  clock,
  logger,
});
shutdown.onStop('dashboard', () => dashboard.close());
if (config.IMAGE_DIR && !config.S3_ENDPOINT) {
  watchImageFolder(config.IMAGE_DIR, {
    ...{ arrivals: dashboard.arrivals, clock, timeZone: config.TZ, days: config.LATE_IMAGE_DAYS },
    onTrouble: (error) => logger.warn('the image folder is not watched', { error: String(error) }),
    signal: shutdown.signal,
  });
}

// Metrics get their own port, since the dashboard's port may be open to people who should not see them.
await announce({
  ready: async () => {
    const { payload, statusCode } = await dashboard.inject('/readyz');
    return statusCode === 200 ? undefined : payload.trim();
  },
});
const address = await dashboard.listen({ host: config.DASHBOARD_HOST, port: config.DASHBOARD_PORT });
logger.info(`the dashboard is at ${address}`, { login: Boolean(config.DASHBOARD_USER) });
