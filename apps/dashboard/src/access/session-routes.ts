import { audit } from '@mycelium/database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { done, role } from '../server/shapes.ts';
import { closeSession, csrfOf, openSession } from './account.ts';
import { csrfAttributes, csrfCookie, giveCsrf, isSecure, sessionCookie } from './guard.ts';
import { createLockOut } from './lock-out.ts';

const session = z.object({
  visitor: z.object({ name: z.string(), role }).nullable(),
  /** Whether there is no login: the console then answers only browsers on this machine. */
  local: z.boolean(),
  /** The port that gives a browser on this machine its pass; null with a login, or if it has a pass. */
  passPort: z.number().nullable(),
  timeZone: z.string(),
});

/** Logging in and out, and what a page must know before showing anything else. */
export function sessionRoutes(app: FastifyInstance, { pool, clock, config, localPass, logger }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = config.DASHBOARD_BASE_PATH;
  const lockOut = createLockOut(() => clock().getTime());

  let warned = false;
  function warnOfUntrustedProxy({ ip, headers, socket }: FastifyRequest): void {
    if (warned || !headers['x-forwarded-for'] || ip !== socket.remoteAddress) return;
    warned = true;
    logger.warn(
      'a proxy passes on the addresses of its visitors, but TRUSTED_PROXIES does not name it: all its visitors share one lockout, and the audit log shows its address',
      { address: ip },
    );
  }

  api.get(
    '/session',
    { config: { open: true }, schema: { summary: 'The user of this session', response: { 200: session } } },
    async ({ visitor }, reply) => {
      giveCsrf(reply, visitor, base);
      return {
        visitor: visitor ? { name: visitor.name, role: visitor.role } : null,
        local: localPass !== undefined,
        passPort: visitor ? null : (localPass?.port() ?? null),
        timeZone: config.TZ,
      };
    },
  );

  api.post(
    '/login',
    {
      config: { open: true },
      schema: {
        summary: 'Log in',
        body: z.strictObject({ name: z.string().min(1).max(100), password: z.string().min(1).max(1_000) }),
        response: { 200: done },
      },
    },
    async (request, reply) => {
      const { name, password } = request.body;
      warnOfUntrustedProxy(request);
      const wait = lockOut.attempt(name, request.ip);
      if (wait > 0) {
        logger.warn('a login was refused: too many attempts', { address: request.ip });
        throw refused(429, 'refused.locked-out', { n: Math.ceil(wait / 60) }, wait);
      }
      const token = await openSession(pool, { name, password, now: clock() });
      if (!token) {
        await audit(pool, { actor: 'nobody', action: 'login refused', subject: request.ip });
        throw refused(401, 'refused.credentials');
      }
      lockOut.succeeded(name, request.ip);
      await audit(pool, { actor: name, action: 'login', subject: request.ip });
      const secure = isSecure(request);
      reply.setCookie(sessionCookie, token, { path: `${base}/`, httpOnly: true, sameSite: 'lax', secure });
      reply.setCookie(csrfCookie, csrfOf(token), csrfAttributes(request, base));
      return { done: true as const };
    },
  );

  api.post(
    '/logout',
    { config: { readOnly: true }, schema: { summary: 'Log out', response: { 200: done } } },
    async (request, reply) => {
      const token = request.cookies[sessionCookie];
      if (token) await closeSession(pool, token);
      reply.clearCookie(sessionCookie, { path: `${base}/` }).clearCookie(csrfCookie, { path: `${base}/` });
      return { done: true as const };
    },
  );
}
