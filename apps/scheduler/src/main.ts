import { hostname } from 'node:os';
import { keptDays, readConfig, requireSettings } from '@mycelium/config';
import { createLedger, createPool, startHeartbeat } from '@mycelium/database';
import { connect, createQueues, startWorker, timetable } from '@mycelium/queue';
import { createLogger, fencedWrites, onShutdown, startHealthServer, startTracing } from '@mycelium/telemetry';
import { startWatching } from './alerts/start-watching.ts';
import { createTables } from './create-tables.ts';
import { createLeadership } from './leader.ts';
import { measureLedger } from './ledger-metrics.ts';
import { pruneOld } from './prune-old.ts';
import { startReconciling } from './start-reconciling.ts';

const config = requireSettings(readConfig(), 'REDIS_URL', 'DATABASE_URL');
const logger = createLogger({
  service: 'scheduler',
  level: config.LOG_LEVEL,
  format: config.LOG_FORMAT,
}).child({
  tag: '[SCHEDULER]',
});
const shutdown = onShutdown(logger, config.DRAIN_SECONDS);
const now = () => new Date();

const pool = createPool(config.DATABASE_URL, { name: 'mycelium scheduler' });
shutdown.onStop('database', () => pool.end());
const name = `scheduler@${hostname()}#${process.pid}`;
const ledger = createLedger(pool, name);
await recordCreateTables();

const tracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'scheduler');
shutdown.onStop('tracing', () => tracing.stop());
const connection = connect(
  config,
  (error) => logger.warn('Redis is out of reach', { error: error.message }),
  tracing.telemetry,
);
const queues = createQueues(connection);
shutdown.onStop('queues', () => queues.close());
const worker = startWorker(
  'tables',
  { create_tables: () => createTables(pool), prune: pruneOld },
  { pool, logger, kept: keptDays(config) },
  {
    connection,
    queues,
    ledger,
    timeZone: config.TZ,
    logger,
    onFenced: () => fencedWrites.inc(),
  },
);
shutdown.onStop('worker', () => worker.close());

const leadership = createLeadership(config.DATABASE_URL);
shutdown.onStop('leadership', () => leadership.close());
const house = { pool, queues, timeZone: config.TZ, logger, now };
const reconciling = startReconciling(house, leadership);
shutdown.onStop('reconciling', () => reconciling.stop());
const webhook = config.ALERT_WEBHOOK_URL
  ? { url: config.ALERT_WEBHOOK_URL, secret: config.ALERT_WEBHOOK_SECRET }
  : undefined;
const watching = startWatching({ ...house, webhook }, () => reconciling.leads());
shutdown.onStop('alerts', () => watching.stop());
const heartbeat = startHeartbeat(pool, {
  process: name,
  service: 'scheduler',
  host: hostname(),
  trouble: () => reconciling.trouble(),
});
shutdown.onStop('heartbeat', () => heartbeat.stop());
measureLedger(house);

if (config.HEALTH_PORT) {
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: () => reconciling.trouble(),
  });
  shutdown.onStop('health', () => health.close());
}
for (const row of timetable(config.TZ, now())) logger.info(`job ${row.id}`, row);

/** Before anything is scheduled; a failure ends the process with its reason. */
async function recordCreateTables() {
  try {
    const run = { job: 'create_tables', slot: now() };
    const report = await createTables(pool);
    const begun = await ledger.begin({ ...run, cause: 'schedule', request: 'start' });
    if ('lease' in begun) await ledger.end(begun.lease, run, { status: 'succeeded', report });
    logger.info('the tables are there', report);
  } catch (error) {
    logger.error('create_tables failed: nothing is scheduled', { error: String(error) });
    await shutdown.stop('create_tables failed', 1);
  }
}
