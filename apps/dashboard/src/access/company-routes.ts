import { audit } from '@mycelium/database';
import { Refusal } from '@mycelium/words';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { openCompanySession } from './account.ts';
import { type Attempt, reasonOf } from './company-login.ts';
import { isSecure, ownAddress, setSessionCookies } from './guard.ts';

const attemptCookie = 'mycelium_company_login';
const attemptSeconds = 600;
const attempt = z.object({ state: z.string(), nonce: z.string(), verifier: z.string(), next: z.string() });

/** The way to the company's login and back. Browsers open both addresses as pages, so errors go to the login page. */
export function companyRoutes(
  app: FastifyInstance,
  { pool, clock, config, logger, companyLogin }: Deps,
): void {
  if (!companyLogin) return;
  const api = app.withTypeProvider<ZodTypeProvider>();
  const base = config.DASHBOARD_BASE_PATH;
  const cookiePath = `${base}/api/company-login`;
  const back = (request: FastifyRequest) => ownAddress(request, base, '/api/company-login/back');
  const explain = (code: string, name?: string) =>
    `${base}/login?problem=${code}${name ? `&name=${encodeURIComponent(name)}` : ''}`;

  api.get(
    '/company-login',
    {
      config: { open: true },
      schema: {
        summary: 'Log in with the company’s account: redirects to its provider',
        querystring: z.object({ next: z.string().max(1_000).default('') }),
      },
    },
    async (request, reply) => {
      const next = ownPage(request.query.next, base);
      try {
        const { url, attempt } = await companyLogin.begin(back(request), next);
        return reply
          .setCookie(attemptCookie, Buffer.from(JSON.stringify(attempt)).toString('base64url'), {
            path: cookiePath,
            httpOnly: true,
            // The provider's page sends the browser back here: strict would lose the cookie.
            sameSite: 'lax',
            secure: isSecure(request),
            maxAge: attemptSeconds,
          })
          .redirect(url.href);
      } catch (error) {
        logger.error('the company’s login could not be reached', { error });
        return reply.redirect(explain('refused.company-unreachable'));
      }
    },
  );

  api.get(
    '/company-login/back',
    {
      config: { open: true },
      schema: { summary: 'Where the provider of the company’s login sends the browser back to' },
    },
    async (request, reply) => {
      const kept = readAttempt(request.cookies[attemptCookie]);
      // An attempt is used once, however it ends.
      reply.clearCookie(attemptCookie, { path: cookiePath });
      if (!kept) return reply.redirect(explain('refused.company-again'));
      const answer = back(request);
      answer.search = new URL(request.url, answer).search;
      try {
        const { name, role, subject } = await companyLogin.finish(answer, kept);
        const token = await openCompanySession(pool, { name, role, now: clock() });
        await audit(pool, { actor: name, action: 'login', subject: request.ip, detail: { subject, role } });
        setSessionCookies(reply, token, base);
        return reply.redirect(ownPage(kept.next, base));
      } catch (error) {
        const code = reasonOf(error);
        logger.warn('a login with the company’s account was refused', { address: request.ip, error });
        await audit(pool, { actor: 'nobody', action: 'login refused', subject: request.ip });
        return reply.redirect(
          explain(code, error instanceof Refusal ? String(error.params.name) : undefined),
        );
      }
    },
  );
}

function readAttempt(cookie: string | undefined): Attempt | undefined {
  try {
    return attempt.parse(JSON.parse(Buffer.from(cookie ?? '', 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

/** Only a page of this console: a link to the login must not lead to another site afterwards. */
function ownPage(next: string, base: string): string {
  const here = 'http://here';
  const url = URL.canParse(next, here) ? new URL(next, here) : undefined;
  const isOwn = url?.origin === here && (url.pathname === base || url.pathname.startsWith(`${base}/`));
  return isOwn && url ? `${url.pathname}${url.search}` : `${base}/`;
}
