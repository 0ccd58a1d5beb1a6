import { type createLedger, migrate, type Pool, verifySchema } from '@mycelium/database';
import { startupJob } from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';

/**
 * Creates the schema and verifies it.
 * @throws SchemaError when the database cannot be used; then nothing else may run.
 */
export async function createTables(pool: Pool) {
  const { applied } = await migrate(pool);
  return { applied, ...(await verifySchema(pool)) };
}

interface Start {
  pool: Pool;
  ledger: ReturnType<typeof createLedger>;
  logger: Logger;
  now: () => Date;
}

/**
 * Creates the schema before anything is scheduled, and records it as a run that began when the work did: the ledger's
 * own tables may not exist before.
 */
export async function createTablesAtStart({ pool, ledger, logger, now }: Start): Promise<void> {
  const startedAt = now();
  const run = { job: startupJob, slot: startedAt };
  const request = { ...run, cause: 'schedule', request: 'start', by: 'scheduler', startedAt };
  try {
    const report = await createTables(pool);
    const begun = await ledger.begin(request);
    if ('lease' in begun) await ledger.end(begun.lease, run, { status: 'succeeded', report });
    logger.info('the tables are verified', report);
  } catch (error) {
    // Without tables there is nowhere to record it.
    const begun = await ledger.begin(request).catch(() => undefined);
    if (begun && 'lease' in begun) {
      await ledger.end(begun.lease, run, { status: 'failed', error: String(error) }).catch(() => {});
    }
    throw error;
  }
}
