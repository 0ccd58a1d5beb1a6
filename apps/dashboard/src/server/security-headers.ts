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
// Bull Board's page contains an inline style and a base URL.
const bullBoardPolicy = { ...policy, 'style-src': ["'self'", "'unsafe-inline'"], 'base-uri': ["'self'"] };

/** The security policy for the console's pages and everything else the dashboard serves. */
export async function securityHeaders(app: FastifyInstance): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'same-origin' },
    // The dashboard speaks HTTP. HSTS is up to the proxy in front of it.
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
