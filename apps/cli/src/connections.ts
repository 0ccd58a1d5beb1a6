import { type Config, readConfig, requireSettings } from '@mycelium/config';
import { checkFit, createPool, type Pool } from '@mycelium/database';
import { connect, createQueues, type Queues } from '@mycelium/queue';
import { CommandFailed } from './command-errors.ts';

/** The configured servers. */
export interface Connections {
  config: Config;
  pool: Pool;
  queues: Queues;
}

/** A job as stored in its queue. */
export type QueuedJob = Awaited<ReturnType<Queues['enqueue']>>;

/** Connects to the configured servers for `work`, and disconnects however it ends. */
export async function withConnections<T>(
  work: (connections: Connections) => Promise<T>,
  config: Config = readConfig(),
): Promise<T> {
  const settings = requireSettings(config, 'REDIS_URL', 'DATABASE_URL');
  return withDatabase(async ({ pool }) => {
    const connection = connect(settings, () => {});
    // A command fails at the first refused connection; BullMQ would wait for Redis.
    await connection.redis.ping().catch((cause: Error) => {
      connection.redis.disconnect();
      throw new CommandFailed(`Redis does not answer (${cause.message}). Is \`npm start\` running?`, {
        cause,
      });
    });
    const queues = createQueues(connection);
    for (const queue of queues.all) queue.on('error', () => {});
    try {
      return await work({ config, pool, queues });
    } finally {
      await queues.close().catch(() => {});
    }
  }, config);
}

/** For commands that need no queue. @param fit whether the database must be of this release */
export async function withDatabase<T>(
  work: (connections: Pick<Connections, 'config' | 'pool'>) => Promise<T>,
  config: Config = readConfig(),
  { fit = true } = {},
): Promise<T> {
  const { DATABASE_URL } = requireSettings(config, 'DATABASE_URL');
  const pool = createPool(DATABASE_URL, { name: 'mycelium', max: 4 });
  try {
    if (fit) await checkFit(pool);
    return await work({ config, pool });
  } finally {
    await pool.end();
  }
}
