import { hostname } from 'node:os';
import { readConfig, requireSettings, type Setting, sayMisspelt } from '@mycelium/config';
import { createLedger, createPool } from '@mycelium/database';
import { connect, createQueues } from '@mycelium/queue';
import { createLogger, onShutdown, startTracing } from '@mycelium/telemetry';
import { type Announcement, announce } from './announce.ts';
import { jobTaker } from './take-jobs.ts';

export interface ProcessOptions<Required extends Setting> {
  /** The prefix of its lines in the log: `[ENV_TASK]`. */
  tag: string;
  /** Settings it cannot work without, in addition to those of the database and Redis. */
  requires?: Required[];
  /** Whether its database queries run in parallel: see `createPool`. */
  parallel?: boolean;
}

/**
 * Starts one of our processes: its settings, logger, database, queues and orderly shutdown. `takeJobs` makes it a
 * worker of a queue, and `announce` starts its heartbeat, health server and metrics.
 * @throws ConfigError naming every setting that is missing or wrong
 */
export async function startProcess<Required extends Setting = never>(
  service: string,
  { tag, requires = [], parallel = true }: ProcessOptions<Required>,
) {
  const config = requireSettings<'REDIS_URL' | 'DATABASE_URL' | Required>(
    readConfig(),
    'REDIS_URL',
    'DATABASE_URL',
    ...requires,
  );
  const { LOG_LEVEL: level, LOG_FORMAT: format, TZ: timeZone } = config;
  const logger = createLogger({ service, level, format }).child({ tag });
  for (const sentence of sayMisspelt()) logger.warn(sentence);
  const shutdown = onShutdown(logger, config.DRAIN_SECONDS);
  const { onStop } = shutdown;

  const pool = createPool(config.DATABASE_URL, { name: `mycelium ${service}`, parallel });
  onStop('database', () => pool.end());
  const tracing = await startTracing(config.OTEL_EXPORTER_OTLP_ENDPOINT, service);
  onStop('tracing', () => tracing.stop());
  const connection = connect(
    config,
    (error) => logger.warn('Redis is unreachable', { error: error.message }),
    tracing.telemetry,
  );
  const queues = createQueues(connection);
  onStop('queues', () => queues.close());

  const host = hostname();
  const name = `${service}@${host}#${process.pid}`;
  const ledger = createLedger(pool, name);
  const worker = jobTaker({ config, pool, connection, queues, ledger, timeZone, logger, onStop });
  return {
    /** The process's name in the ledger: `worker-clip@host#4711`. */
    name,
    config,
    logger,
    shutdown,
    pool,
    queues,
    ledger,
    timeZone,
    takeJobs: worker.takeJobs,
    announce: (announcement: Announcement = {}) =>
      announce({ name, service, host, config, pool, onStop, worker }, announcement),
  };
}
