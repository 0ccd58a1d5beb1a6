import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import { audit, type Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { FastifyInstance } from 'fastify';
import { giveCsrf, isWrite } from '../access/guard.ts';

const at = '/queues';

/** Bull Board for every queue in the timetable. It has no login of its own; the guard protects it. */
export function bullBoard(
  app: FastifyInstance,
  { queues, pool, base }: { queues: Queues; pool: Pool; base: string },
): void {
  const board = new FastifyAdapter();
  board.setBasePath(base + at);
  createBullBoard({
    queues: queues.all.map((queue) => new BullMQAdapter(queue)),
    serverAdapter: board,
    options: {
      uiConfig: {
        boardTitle: 'Mycelium',
        miscLinks: [{ text: 'Console', url: `${base}/` }],
      },
    },
  });

  app.register(
    async (scope) => {
      scope.addHook('preHandler', async (request) => {
        if (!isWrite(request)) return;
        await audit(pool, {
          actor: request.visitor?.name ?? 'nobody',
          action: 'bull-board',
          subject: `${request.method} ${request.url.split('?', 1)[0]}`,
        });
      });
      scope.addHook('onSend', async (request, reply, body) => {
        if (!String(reply.getHeader('content-type')).startsWith('text/html')) return body;
        giveCsrf(reply, request.visitor, base);
        // Its page loads a font from Google, which would then see everyone who opens a queue.
        return typeof body === 'string' ? body.replace(/<link href="https?:[^>]*>/g, '') : body;
      });
      await scope.register(board.registerPlugin());
    },
    { prefix: at },
  );
}
