import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

const policy = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'font-src': ["'self'"],
  'connect-src': ["'self'"],
  'form-action': ["'self'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"],
};
// The page of Bull Board contains a style element and a base address.
const bullBoardPolicy = { ...policy, 'style-src': ["'self'", "'unsafe-inline'"], 'base-uri': ["'self'"] };

/** What browsers may do with a page of the console, and with anything else the dashboard answers. */
export async function securityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    // The dashboard speaks HTTP: whether its name is HTTPS only is for the proxy before it to say.
    hsts: false,
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/queues')) {
      await reply.helmet({ contentSecurityPolicy: { useDefaults: false, directives: bullBoardPolicy } });
    }
    reply.header('permissions-policy', 'camera=(), microphone=(), geolocation=()');
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
  });
}
