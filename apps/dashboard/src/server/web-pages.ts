import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { errorBody } from './answer-errors.ts';

/** The output folder of `vite build`. */
const built = join(import.meta.dirname, '..', '..', 'dist');

/**
 * The console's own pages. An address that is not a file, such as /rooms/607, is resolved by the page itself.
 * @param base where visitors find the console on its host: empty, or such as `/mycelium`
 */
export async function webPages(app: FastifyInstance, base: string, folder = built): Promise<void> {
  const index = join(folder, 'index.html');
  if (!existsSync(index)) {
    app.get('/', async (_request, reply) =>
      reply.status(503).send('The console is not built yet: npm run build -w apps/dashboard\n'),
    );
    app.setNotFoundHandler(async (_request, reply) => reply.status(404).send(errorBody('refused.no-page')));
    return;
  }
  // The built page names its files from where it is; at /rooms/607 they would be sought in /rooms.
  const page = readFileSync(index, 'utf8')
    .replaceAll('="./', `="${base}/`)
    .replace('name="base-path" content=""', `name="base-path" content="${base}"`);
  const sendPage = (reply: FastifyReply) =>
    reply.type('text/html; charset=utf-8').header('cache-control', 'no-cache').send(page);
  for (const url of ['/', '/index.html']) app.get(url, async (_request, reply) => sendPage(reply));
  await app.register(fastifyStatic, {
    root: folder,
    prefix: '/',
    index: false,
    // A hashed name never changes its content.
    setHeaders: (reply, path) => {
      reply.header(
        'cache-control',
        path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      );
    },
  });
  app.setNotFoundHandler(async (request, reply) => {
    const isPage = request.method === 'GET' && !/^\/(api|queues|assets)(\/|$|\?)/.test(request.url);
    return isPage ? sendPage(reply) : reply.status(404).send(errorBody('refused.no-page'));
  });
}
