import { audit } from '@mycelium/database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { done, role } from '../server/shapes.ts';
import { closeSession, openSession } from './account.ts';
import { csrfCookie, giveCsrf, ownAddress, sessionCookie, setSessionCookies } from './guard.ts';

const session = z.object({
  visitor: z
    .object({
      name: z.string(),
      role,
      /** By an account of this console, the company's login, a proxy's header, a token, or at this machine. */
      by: z.enum(['session', 'company', 'proxy', 'token', 'local']),
    })
    .nullable(),
  /** Whether people can log in with the company's account. */
  company: z.boolean(),
  /** Whether there is no login: the console then answers only browsers on this machine. */
  local: z.boolean(),
  /** The port that gives a browser on this machine its pass; null with a login, or if it has a pass. */
  passPort: z.number().nullable(),
  timeZone: z.string(),
});

/** Logging in and out, and what a page must know before showing anything else. */
export function sessionRoutes(
  app: FastifyInstance,
  { pool, clock, config, localPass, logger, lockOut, companyLogin }: Deps,
): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = config.DASHBOARD_BASE_PATH;

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
        visitor: visitor ? { name: visitor.name, role: visitor.role, by: visitor.by } : null,
        company: companyLogin !== undefined,
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
        body: z.strictObject({
          name: z.string().min(1).max(100),
          password: z.string().min(1).max(1_000),
          /** Only for an account with a second factor. */
          code: z.string().max(20).optional(),
        }),
        response: { 200: done },
      },
    },
    async (request, reply) => {
      const { name, password, code } = request.body;
      warnOfUntrustedProxy(request);
      lockOut.check(name, request.ip);
      const opened = await openSession(pool, { name, password, code, now: clock() });
      if ('denied' in opened) {
        await audit(pool, { actor: 'nobody', action: 'login refused', subject: request.ip });
        throw refused(401, opened.denied);
      }
      lockOut.succeeded(name, request.ip);
      await audit(pool, { actor: name, action: 'login', subject: request.ip });
      setSessionCookies(reply, opened.token, base);
      return { done: true as const };
    },
  );

  api.post(
    '/logout',
    {
      config: { readOnly: true },
      schema: {
        summary: 'Log out',
        // The address to open next, which ends the session at the provider too.
        response: { 200: done.extend({ next: z.string().optional() }) },
      },
    },
    async (request, reply) => {
      const token = request.cookies[sessionCookie];
      if (token) await closeSession(pool, token);
      reply.clearCookie(sessionCookie, { path: `${base}/` }).clearCookie(csrfCookie, { path: `${base}/` });
      if (request.visitor?.by !== 'company') return { done: true as const };
      const next = await companyLogin?.logOutUrl(ownAddress(request, base, '/login')).catch((error) => {
        logger.warn('the company’s login has no log-out now, since it cannot be reached', { error });
        return undefined;
      });
      return { done: true as const, next: next?.href };
    },
  );
}
