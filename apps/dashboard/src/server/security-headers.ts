import type { FastifyInstance } from 'fastify';

const policy = (rules: Record<string, string>) =>
  Object.entries({
    'default-src': "'none'",
    'script-src': "'self'",
    'style-src': "'self'",
    'img-src': "'self' data: blob:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'form-action': "'self'",
    'base-uri': "'none'",
    'frame-ancestors': "'none'",
    ...rules,
  })
    .map(([rule, value]) => `${rule} ${value}`)
    .join('; ');

const ours = policy({});
// Bull Board's page carries a style element and a base address.
const bullBoards = policy({ 'style-src': "'self' 'unsafe-inline'", 'base-uri': "'self'" });

export function securityHeaders(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({
      'content-security-policy': request.url.startsWith('/queues') ? bullBoards : ours,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    });
    if (request.url.startsWith('/api')) reply.header('cache-control', 'no-store');
  });
}
