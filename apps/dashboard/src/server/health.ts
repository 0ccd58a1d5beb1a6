import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import pTimeout from 'p-timeout';

const patience = 2_000;

/** `/livez`: this process answers. `/readyz`: the servers it needs answer too. Neither reveals more than that. */
export function health(app: FastifyInstance, { pool, queues }: { pool: Pool; queues: Queues }): void {
  app.get('/livez', async () => 'ok\n');

  app.get('/readyz', async (_request, reply) => {
    const [database, redis] = await Promise.allSettled([
      within(pool.query('select 1')),
      within(Promise.all(queues.all.slice(0, 1).map((queue) => queue.isPaused()))),
    ]);
    const down = [
      database.status === 'rejected' && 'the database does not answer',
      redis.status === 'rejected' && 'Redis does not answer',
    ].filter((text) => text !== false);
    return reply.status(down.length > 0 ? 503 : 200).send(`${down.join(', ') || 'ok'}\n`);
  });
}

const within = <T>(work: Promise<T>) => pTimeout(work, { milliseconds: patience });
