import { hostname } from 'node:os';
import { readConfig, requireSettings } from '@mycelium/config';
import { createLedger, createPool, startHeartbeat } from '@mycelium/database';
import { connect, createQueues, startWorker } from '@mycelium/queue';
import {
  createLogger,
  fencedWrites,
  onShutdown,
  startHealthServer,
  startTracing,
  watchBreaker,
} from '@mycelium/telemetry';
import { watchSetpoints } from './watch-setpoints.ts';

const config = requireSettings(readConfig(), 'REDIS_URL', 'DATABASE_URL');
const logger = createLogger({
  service: 'worker-setpoint',
  level: config.LOG_LEVEL,
  format: config.LOG_FORMAT,
}).child({
  tag: '[SETPOINT_TASK]',
});
const shutdown = onShutdown(logger, config.DRAIN_SECONDS);

const pool = createPool(config.DATABASE_URL, { name: 'mycelium worker-setpoint' });
shutdown.onStop('database', () => pool.end());
const tracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, 'worker-setpoint');
shutdown.onStop('tracing', () => tracing.stop());
const connection = connect(
  config,
  (error) => logger.warn('Redis is out of reach', { error: error.message }),
  tracing.telemetry,
);
const queues = createQueues(connection);
shutdown.onStop('queues', () => queues.close());

const name = `worker-setpoint@${hostname()}#${process.pid}`;
const needs = [{ name: 'postgres', probe: () => pool.query('select 1') }];
const worker = startWorker(
  'setpoint',
  { hourly_setpoint_monitoring: watchSetpoints },
  { pool, logger },
  {
    connection,
    queues,
    ledger: createLedger(pool, name),
    timeZone: config.TZ,
    logger,
    needs,
    onFenced: () => fencedWrites.inc(),
  },
);
shutdown.onStop('worker', () => worker.close());
watchBreaker(
  needs.map((dependency) => dependency.name),
  () => worker.trouble(),
);
const heartbeat = startHeartbeat(pool, {
  process: name,
  service: 'worker-setpoint',
  host: hostname(),
  trouble: () => worker.trouble(),
});
shutdown.onStop('heartbeat', () => heartbeat.stop());

if (config.HEALTH_PORT) {
  const health = await startHealthServer({
    host: config.HEALTH_HOST,
    port: config.HEALTH_PORT,
    ready: () => worker.trouble(),
  });
  shutdown.onStop('health', () => health.close());
}
logger.info('taking jobs', { queue: 'setpoint' });
