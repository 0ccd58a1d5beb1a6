import { audit } from '@mycelium/database';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { refused } from '../server/refused.ts';
import { done, id, role } from '../server/shapes.ts';
import { listAccounts, listTokens } from './access-list.ts';
import { createAccount, createToken, removeAccount, removeSecondFactor, removeToken } from './account.ts';

const name = z.string().trim().min(1).max(60);
const account = z.object({
  name: z.string(),
  role,
  source: z.enum(['settings', 'console']),
  createdAt: z.date(),
  secondFactor: z.boolean(),
});
const token = z.object({
  id: z.number(),
  name: z.string(),
  role,
  createdBy: z.string(),
  createdAt: z.date(),
  lastUsedAt: z.date().nullable(),
});

/** Who may use the console: people by name and password, programs by token. Only operators see this list. */
export function accessRoutes(app: FastifyInstance, { pool, localPass }: Deps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const operators = { operatorsOnly: true };

  api.get(
    '/access',
    {
      config: operators,
      schema: {
        summary: 'Accounts and tokens',
        response: {
          200: z.object({ accounts: z.array(account), tokens: z.array(token), login: z.boolean() }),
        },
      },
    },
    async () => {
      const [accounts, tokens] = await Promise.all([listAccounts(pool), listTokens(pool)]);
      return { accounts, tokens, login: !localPass };
    },
  );

  api.post(
    '/accounts',
    {
      schema: {
        summary: 'Add an account',
        body: z.strictObject({ name, role, password: z.string().min(10).max(1_000) }),
        response: { 200: done },
      },
    },
    async ({ body, visitor }) => {
      await audit(pool, {
        actor: visitor?.name ?? 'nobody',
        action: 'add account',
        subject: body.name,
        detail: { role: body.role },
      });
      if (!(await createAccount(pool, body)))
        throw refused(409, 'refused.account-exists', { name: body.name });
      return { done: true as const };
    },
  );

  api.delete(
    '/accounts/:name',
    {
      schema: {
        summary: 'Remove an account and its sessions',
        params: z.object({ name }),
        response: { 200: done },
      },
    },
    async ({ params, visitor }) => {
      await audit(pool, { actor: visitor?.name ?? 'nobody', action: 'remove account', subject: params.name });
      if (!(await removeAccount(pool, params.name))) {
        throw refused(409, 'refused.no-account');
      }
      return { done: true as const };
    },
  );

  api.delete(
    '/accounts/:name/second-factor',
    {
      schema: {
        summary: 'Remove the second factor of an account, such as after a lost phone',
        params: z.object({ name }),
        response: { 200: done },
      },
    },
    async ({ params, visitor }) => {
      const actor = visitor?.name ?? 'nobody';
      await audit(pool, { actor, action: 'remove second factor', subject: params.name });
      // Somebody who takes over an operator’s session must not get rid of that operator’s own.
      if (visitor?.by === 'session' && params.name === visitor.name) throw refused(409, 'refused.own-factor');
      if (!(await removeSecondFactor(pool, params.name))) throw refused(404, 'refused.no-factor');
      return { done: true as const };
    },
  );

  api.post(
    '/tokens',
    {
      schema: {
        summary: 'Create a token for a program; only this response shows it',
        body: z.strictObject({ name, role }),
        response: { 200: z.object({ token: z.string() }) },
      },
    },
    async ({ body, visitor }) => {
      const createdBy = visitor?.name ?? 'nobody';
      await audit(pool, {
        actor: createdBy,
        action: 'add token',
        subject: body.name,
        detail: { role: body.role },
      });
      const made = await createToken(pool, { ...body, createdBy });
      if (!made) throw refused(409, 'refused.token-exists', { name: body.name });
      return { token: made };
    },
  );

  api.delete(
    '/tokens/:id',
    { schema: { summary: 'Remove a token', params: z.object({ id }), response: { 200: done } } },
    async ({ params, visitor }) => {
      await audit(pool, {
        actor: visitor?.name ?? 'nobody',
        action: 'remove token',
        subject: String(params.id),
      });
      if (!(await removeToken(pool, params.id))) throw refused(404, 'refused.no-token');
      return { done: true as const };
    },
  );
}
