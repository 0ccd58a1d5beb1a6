import { audit } from '@mycelium/database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { done } from '../server/shapes.ts';
import { hasSecondFactor, removeSecondFactor, setSecondFactor } from './account.ts';
import { sessionCookie } from './guard.ts';
import { newSecret } from './second-factor.ts';

const code = z.string().regex(/^\d{6}$/);

/** The second factor of the visitor's own account: six digits from an authenticator app (TOTP, RFC 6238). */
export function secondFactorRoutes(app: FastifyInstance, { pool, clock, lockOut }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  // Viewers too may guard their own account.
  const own = { readOnly: true };

  api.get(
    '/second-factor',
    {
      schema: {
        summary: 'Whether the own account has a second factor',
        response: { 200: z.object({ on: z.boolean() }) },
      },
    },
    async (request) => ({ on: await hasSecondFactor(pool, accountOf(request)) }),
  );

  api.post(
    '/second-factor/secret',
    {
      config: own,
      schema: {
        summary: 'A new secret for an authenticator app; nothing changes until it is confirmed',
        response: { 200: z.object({ secret: z.string(), uri: z.string() }) },
      },
    },
    async (request) => newSecret(accountOf(request)),
  );

  api.put(
    '/second-factor',
    {
      config: own,
      schema: {
        summary: 'Ask for a code at every login from now on; ends the other sessions of the account',
        body: z.strictObject({
          secret: z.string().regex(/^[A-Z2-7]{32}$/),
          code,
          password: z.string().min(1).max(1_000),
        }),
        response: { 200: done },
      },
    },
    async (request) => {
      const name = accountOf(request);
      lockOut.check(name, request.ip);
      await audit(pool, { actor: name, action: 'add second factor', subject: name });
      const keep = request.cookies[sessionCookie] ?? '';
      const reason = await setSecondFactor(pool, { ...request.body, name, keep, now: clock() });
      if (reason) throw refused(403, reason);
      lockOut.succeeded(name, request.ip);
      return { done: true as const };
    },
  );

  api.post(
    '/second-factor/remove',
    {
      config: own,
      schema: {
        summary: 'Ask for no code any more',
        body: z.strictObject({ code }),
        response: { 200: done },
      },
    },
    async (request) => {
      const name = accountOf(request);
      lockOut.check(name, request.ip);
      await audit(pool, { actor: name, action: 'remove second factor', subject: name });
      if (!(await removeSecondFactor(pool, name, { code: request.body.code, now: clock() })))
        throw refused(403, 'refused.code');
      lockOut.succeeded(name, request.ip);
      return { done: true as const };
    },
  );
}

function accountOf({ visitor }: FastifyRequest): string {
  if (visitor?.by !== 'session') throw refused(409, 'refused.no-second-factor');
  return visitor.name;
}
