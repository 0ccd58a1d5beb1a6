import { keptDays } from '@mycelium/config';
import { startProcess } from '@mycelium/process';
import { timetable } from '@mycelium/queue';
import { startWatching } from './alerts/start-watching.ts';
import { createTables, createTablesAtStart } from './create-tables.ts';
import { createLeadership } from './leader.ts';
import { measureLedger } from './ledger-metrics.ts';
import { pruneOld } from './prune-old.ts';
import { settleOld } from './settle-old.ts';
import { startCanaries } from './start-canaries.ts';
import { startReconciling } from './start-reconciling.ts';

const scheduler = await startProcess('scheduler', { tag: '[SCHEDULER]' });
const { config, pool, queues, ledger, logger, shutdown, timeZone } = scheduler;
const now = () => new Date();

await createTablesAtStart({ pool, ledger, logger }).catch(async (error) => {
  logger.error('the tables cannot be created: nothing is scheduled', { error: String(error) });
  await shutdown.stop('the tables cannot be created', 1);
});
const handlers = {
  create_tables: () => createTables(pool, logger),
  settle_readings: settleOld,
  prune: pruneOld,
};
const context = { pool, logger, kept: keptDays(config), settleAfterDays: config.SETTLE_AFTER_DAYS };
scheduler.takeJobs('tables', handlers, context, { freesSpace: true });

const leadership = createLeadership(config.DATABASE_URL);
shutdown.onStop('leadership', () => leadership.close());
const farm = { pool, queues, timeZone, logger, now };
const reconciling = startReconciling(farm, leadership);
shutdown.onStop('reconciling', () => reconciling.stop());
const webhook = config.ALERT_WEBHOOK_URL
  ? { url: config.ALERT_WEBHOOK_URL, secret: config.ALERT_WEBHOOK_SECRET, language: config.ALERT_LANGUAGE }
  : undefined;
const watching = startWatching({ ...farm, webhook }, () => reconciling.leads());
shutdown.onStop('alerts', () => watching.stop());
const canaries = startCanaries(farm, () => reconciling.leads());
shutdown.onStop('canaries', () => canaries.stop());
measureLedger(farm);

await scheduler.announce({ trouble: () => reconciling.trouble() });
for (const row of timetable(timeZone, now())) logger.info(`job ${row.id}`, row);
