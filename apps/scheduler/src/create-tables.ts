import { type createLedger, migrate, type Pool, textOrderChange, verifySchema } from '@mycelium/database';
import { type Log, startupJob } from '@mycelium/queue';

type Ledger = ReturnType<typeof createLedger>;
type Lease = NonNullable<Awaited<ReturnType<Ledger['claim']>>>;

interface Start {
  pool: Pool;
  ledger: Ledger;
  logger: Log;
}

const renewEveryMillis = 5_000;

/**
 * Creates the schema and verifies it.
 * @throws PermanentError when the database cannot be used; the scheduler must not continue then
 */
export async function createTables(pool: Pool, logger: Log) {
  const { applied } = await migrate(pool, (progress) => logger.info(progress));
  const change = await textOrderChange(pool);
  if (change)
    logger.error('the sort order of text has changed under the indexes: run `mycelium doctor --fix`', change);
  return { applied, ...(await verifySchema(pool)) };
}

/**
 * Creates the tables when the scheduler starts, and records that as a run. On an empty database the run is recorded
 * afterwards, with its true start, since the ledger is one of the tables.
 * @throws PermanentError as `createTables` does
 */
export async function createTablesAtStart({ pool, ledger, logger }: Start) {
  const startedAt = await databaseTime(pool);
  const run = { job: startupJob, slot: startedAt };
  const request = {
    ...run,
    cause: 'schedule',
    request: `start#${startedAt.getTime()}`,
    by: 'scheduler',
    startedAt,
  };
  let lease = await beginIfThereIsALedger(ledger, request);
  const renewing = setInterval(() => void (lease && ledger.renew(lease).catch(() => {})), renewEveryMillis);
  try {
    const report = await createTables(pool, logger);
    lease ??= await beginIfThereIsALedger(ledger, request);
    if (lease) await ledger.end(lease, run, { status: 'succeeded', report });
    logger.info('the tables are verified', report);
    return report;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // Report the failure itself, not the failure to record it.
    lease ??= await beginIfThereIsALedger(ledger, request).catch(() => undefined);
    if (lease) await ledger.end(lease, run, { status: 'failed', error: message }).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

/** Also undefined while another scheduler, started at the same time, holds the lease. */
async function beginIfThereIsALedger(
  ledger: Ledger,
  request: Parameters<Ledger['begin']>[0],
): Promise<Lease | undefined> {
  try {
    const begun = await ledger.begin(request);
    return 'lease' in begun ? begun.lease : undefined;
  } catch (error) {
    if (lacksTableOrColumn(error)) return undefined;
    throw error;
  }
}

/** PostgreSQL's codes for an undefined table or column: the tables are missing or older than this release. */
function lacksTableOrColumn(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === '42P01' || error.code === '42703');
}

/** The ledger refuses slots that lie ahead of the database's clock. */
async function databaseTime(pool: Pool): Promise<Date> {
  const { rows } = await pool.query<{ now: Date }>(
    `select date_trunc('milliseconds', clock_timestamp()) as now`,
  );
  return rows[0]?.now as Date;
}
