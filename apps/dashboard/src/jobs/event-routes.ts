import { PassThrough } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { createLive } from './live.ts';

const mostListeners = 200;
const beat = 20_000;

/** Server-sent events: active jobs with their progress, the queues and the number of open alerts. */
export function eventRoutes(app: FastifyInstance, deps: Deps): void {
  const live = createLive(deps);
  const open = new Set<PassThrough>();
  app.addHook('preClose', async () => {
    live.close();
    for (const stream of open) stream.end();
  });

  app.get(
    '/events',
    { schema: { summary: 'Live progress, as server-sent events' } },
    async (_request, reply) => {
      if (open.size >= mostListeners) throw refused(503, 'refused.too-many-listeners');
      const stream = new PassThrough();
      open.add(stream);
      const unwatch = live.watch((json) => stream.write(`data: ${json}\n\n`));
      // Proxies close connections that are silent for long.
      const timer = setInterval(() => stream.write(': still here\n\n'), beat);
      stream.once('close', () => {
        open.delete(stream);
        unwatch();
        clearInterval(timer);
      });
      stream.write('retry: 3000\n\n');
      return reply
        .headers({ 'content-type': 'text/event-stream', 'x-accel-buffering': 'no', 'x-no-compression': '1' })
        .send(stream);
    },
  );
}
