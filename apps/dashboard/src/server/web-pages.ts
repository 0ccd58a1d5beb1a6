import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { errorBody } from './answer-errors.ts';

/** The output folder of `vite build`. */
const built = join(import.meta.dirname, '..', '..', 'dist');

/** The console's own pages. An address that is not a file, such as /rooms/607, is resolved by the page itself. */
export async function webPages(app: FastifyInstance, folder = built): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async (_request, reply) =>
      reply.status(503).send('The console is not built yet: npm run build -w apps/dashboard\n'),
    );
    app.setNotFoundHandler(async (_request, reply) => reply.status(404).send(errorBody('refused.no-page')));
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/',
    // A hashed name never changes its content; the page itself must be revalidated each time.
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const page = request.method === 'GET' && !/^\/(api|queues|assets)(\/|$|\?)/.test(request.url);
    return page ? reply.sendFile('index.html') : reply.status(404).send(errorBody('refused.no-page'));
  });
}
