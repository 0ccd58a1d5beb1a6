import { createPool, type PoolClient } from '@mycelium/database';

/**
 * Elects one scheduler as the leader while the others stand by. The leader holds an advisory lock on its own
 * connection, which PostgreSQL releases when it dies.
 */
export function createLeadership(databaseUrl: string) {
  const pool = createPool(databaseUrl, { name: 'mycelium scheduler leadership', max: 1 });
  let client: PoolClient | undefined;

  return {
    /** Whether this process is the leader now. Takes the lead if it is free. */
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
    // A broken connection has lost the lock, and so this process is no longer the leader.
    client.on('error', drop);
    return client;
  }

  function drop(error?: Error) {
    client?.release(error ?? true);
    client = undefined;
  }
}
