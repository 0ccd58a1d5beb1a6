import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** `vite build` puts them there. */
const built = join(import.meta.dirname, '..', '..', 'dist');

/** The console's own pages. An address that is no file is the page's to understand: /rooms/607. */
export async function webPages(app: FastifyInstance, folder = built): Promise<void> {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', async (_request, reply) =>
      reply.status(503).send('The console is not built yet: npm run build -w apps/dashboard\n'),
    );
    app.setNotFoundHandler(async (_request, reply) =>
      reply.status(404).send({ error: 'there is no such page' }),
    );
    return;
  }
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/',
    // Hashed names never change what they hold; the page itself must be asked for each time.
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const page = request.method === 'GET' && !/^\/(api|queues|assets)(\/|$|\?)/.test(request.url);
    return page ? reply.sendFile('index.html') : reply.status(404).send({ error: 'there is no such page' });
  });
}
