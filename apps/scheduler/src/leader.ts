import { createPool, type PoolClient } from '@mycelium/database';

/**
 * One scheduler leads and the others stand by: an advisory lock on its own connection, which PostgreSQL releases when
 * the leader dies.
 */
export function createLeadership(databaseUrl: string) {
  const pool = createPool(databaseUrl, { name: 'mycelium scheduler leadership', max: 1 });
  let client: PoolClient | undefined;

  return {
    /** Whether this process leads now; takes the lead when it is free. */
    async leads(): Promise<boolean> {
      try {
        const own = client ?? (await open());
        const { rows } = await own.query<{ leads: boolean }>(
          `select exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted)
                  or pg_try_advisory_lock(hashtext('mycelium.scheduler')) as leads`,
        );
        return rows[0]?.leads === true;
      } catch (error) {
        drop(error as Error);
        throw error;
      }
    },
    async close() {
      drop();
      await pool.end();
    },
  };

  async function open(): Promise<PoolClient> {
    client = await pool.connect();
    // A broken connection has lost the lock, and with it the lead.
    client.on('error', drop);
    return client;
  }

  function drop(error?: Error) {
    client?.release(error ?? true);
    client = undefined;
  }
}
