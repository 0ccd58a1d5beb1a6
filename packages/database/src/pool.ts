import pg from 'pg';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** A pool, or the client of one transaction. */
export type Queryable = pg.Pool | pg.PoolClient;

// A `date` is a day in the farm's time zone, not an instant in this process's: keep its text.
pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
// Counts and ids fit into a double for the next few centuries.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Milliseconds between two statements of a transaction, as long as a lease lasts. A process that is stopped or blocked
 * in the middle of a transaction would keep its locks, and all other workers of a job would wait for them: PostgreSQL
 * ends its session. `?idle_in_transaction_session_timeout=` in the address sets another limit.
 */
const maxIdleInTransaction = 15_000;

/**
 * Connections to PostgreSQL; `name` shows in pg_stat_activity. Sessions use UTC. For the many small queries of a page,
 * set `parallel` to false: starting parallel workers costs ten times what it saves.
 */
export function createPool(
  url: string,
  { name, max = 10, parallel = true }: { name: string; max?: number; parallel?: boolean },
): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: name,
    max,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    idle_in_transaction_session_timeout: maxIdleInTransaction,
    options: parallel ? '-c TimeZone=UTC' : '-c TimeZone=UTC -c max_parallel_workers_per_gather=0',
  });
  // A connection that breaks between queries fails the next one, or is replaced if it was idle. Without a listener it
  // would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  pool.on('error', () => {});
  return pool;
}

/** Runs `work` in one transaction: committed when it returns, rolled back when it throws. */
export async function transaction<T>(pool: pg.Pool, work: (tx: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((failure: Error) => {
      broken = failure;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Whether a statement waited longer than its `lock_timeout`. */
export const isLockTimeout = (error: unknown) => (error as { code?: string }).code === '55P03';
