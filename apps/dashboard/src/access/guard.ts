import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pool } from '@mycelium/database';
import { say } from '@mycelium/words';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../server/answer-errors.ts';
import { refused } from '../server/refused.ts';
import { csrfOf, type Visitor, visitorOfSession, visitorOfToken } from './account.ts';
import { signOfElsewhere } from './exposure.ts';
import type { LocalPass } from './local-pass.ts';
import type { readLoginHeaders } from './login-headers.ts';
import { isPlainClient } from './peer-process.ts';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | undefined;
  }
  interface FastifyContextConfig {
    /** Open to everyone, like the login page. */
    open?: boolean;
    /** A POST that changes nothing of the farm, such as a search by picture: allowed for viewers. */
    readOnly?: boolean;
    /** Hidden from viewers. */
    operatorsOnly?: boolean;
    /** The route checks its own token, which no browser sends by itself. */
    ownToken?: boolean;
  }
}

export const sessionCookie = 'mycelium_session';
/** Bull Board's page sends this cookie back as X-XSRF-TOKEN, and so do our pages. */
export const csrfCookie = 'XSRF-TOKEN';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
export const isWrite = ({ method }: { method: string }) => !safeMethods.has(method);

interface GuardOptions {
  pool: Pool;
  /** Only if the dashboard has no login. */
  localPass: LocalPass | undefined;
  /** Whom a trusted proxy has logged in. */
  loginHeaders: ReturnType<typeof readLoginHeaders>;
  now: () => Date;
  /** Where visitors find the console on its host. */
  base: string;
  /** Resolves when the accounts match the settings. */
  accountsReady: () => Promise<void>;
}

/**
 * Every check a request must pass: who sent it, whether one of our pages sent it, and whether that role may do it.
 * Pages and scripts contain no data and are open to everyone; the API and Bull Board are not.
 */
export function guard(
  app: FastifyInstance,
  { pool, localPass, loginHeaders, now, base, accountsReady }: GuardOptions,
): void {
  const localCsrf = randomBytes(32).toString('base64url');
  const localVisitor: Visitor = { name: 'local', role: 'operator', csrf: localCsrf, by: 'local' };

  app.decorateRequest('visitor');

  app.addHook('onRequest', async (request, reply) => {
    // This also stops a foreign page whose host name resolves to this machine (DNS rebinding).
    const elsewhere = localPass && signOfElsewhere(request);
    if (elsewhere) {
      const refusal = refused(421, 'refused.exposed', { detail: elsewhere });
      // Bull Board would render an error in its own format.
      if (!wantsPage(request)) return reply.status(421).send(errorBody(refusal.code, refusal.params));
      const sentence = `${refusal.message}\n${say(refusal.asMessage, 'zh-CN')}\n`;
      return reply.status(421).type('text/plain; charset=utf-8').send(sentence);
    }
    if (request.routeOptions.config.ownToken) return;
    request.visitor = await whoIs(request);
    if (isProtected(request) && !request.visitor) {
      if (wantsPage(request))
        return reply.redirect(`${base}/login?next=${encodeURIComponent(base + request.url)}`);
      throw refused(401, localPass ? 'refused.no-pass' : 'refused.login');
    }
    if (request.routeOptions.config.operatorsOnly && request.visitor?.role !== 'operator') {
      throw refused(403, 'refused.operators-only');
    }
    if (isWrite(request)) {
      checkOrigin(request);
      if (isProtected(request) && request.visitor) checkWrite(request, request.visitor);
    }
  });

  async function whoIs(request: FastifyRequest): Promise<Visitor | undefined> {
    const bearer = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? '')?.[1];
    if (request.headers.authorization !== undefined) {
      return bearer === undefined ? undefined : visitorOfToken(pool, bearer, now());
    }
    // Pages, scripts and health checks need no lookup.
    if (!isOfApi(request)) return undefined;
    if (localPass) {
      const isHere = localPass.isValid(request.cookies) || (await isPlainClient(request.socket));
      return isHere ? localVisitor : undefined;
    }
    const named = loginHeaders(request, request.cookies[csrfCookie]);
    if (named) return named;
    await accountsReady();
    const token = request.cookies[sessionCookie];
    return token ? visitorOfSession(pool, token, now()) : undefined;
  }
}

const wantsPage = ({ method, headers }: FastifyRequest) =>
  method === 'GET' && headers.accept?.startsWith('text/html');

/** Judged by the matched route, not by the spelling of the address; without a match it is a 404 anyway. */
const isOfApi = (request: FastifyRequest) =>
  /^\/(api|queues|metrics)(\/|$)/.test(request.routeOptions.url ?? '');

const isProtected = (request: FastifyRequest) => !request.routeOptions.config.open && isOfApi(request);

/** Browsers send the origin of a write. Programs have a token, which no browser sends by itself. */
function checkOrigin(request: FastifyRequest): void {
  if (request.visitor?.by === 'token') return;
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const from = origin !== undefined && URL.canParse(origin) ? new URL(origin).host : undefined;
  if (from === request.host && (site === undefined || site === 'same-origin')) return;
  // The browser calls the page our own, so a proxy replaced the name it asked for.
  if (from && site === 'same-origin')
    throw refused(403, 'refused.host-header', { host: request.host || '–', origin: from });
  throw refused(403, 'refused.foreign-page');
}

function checkWrite(request: FastifyRequest, visitor: Visitor): void {
  if (visitor.csrf !== undefined) {
    const sent = String(request.headers['x-xsrf-token'] ?? '');
    if (!equal(sent, visitor.csrf)) throw refused(403, 'refused.stale-page');
  }
  if (visitor.role !== 'operator' && !request.routeOptions.config.readOnly) {
    throw refused(403, 'refused.viewer');
  }
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Sets the cookie whose value the page must send back with every write. @param base as in `GuardOptions` */
export function giveCsrf(reply: FastifyReply, visitor: Visitor | undefined, base: string): void {
  if (visitor?.csrf) reply.setCookie(csrfCookie, visitor.csrf, csrfAttributes(reply.request, base));
}

/** The cookies of a new session. @param base as in `GuardOptions` */
export function setSessionCookies(reply: FastifyReply, token: string, base: string): void {
  const { request } = reply;
  const secure = isSecure(request);
  reply.setCookie(sessionCookie, token, { path: `${base}/`, httpOnly: true, sameSite: 'lax', secure });
  reply.setCookie(csrfCookie, csrfOf(token), csrfAttributes(request, base));
}

const csrfAttributes = (request: FastifyRequest, base: string) => ({
  // Two farms on one host, each below a path of its own, keep their cookies apart.
  path: `${base}/`,
  sameSite: 'strict' as const,
  secure: isSecure(request),
});

/** Whether the visitor uses TLS, as a trusted proxy or the browser says. */
export const isSecure = ({ protocol, headers }: FastifyRequest) =>
  protocol === 'https' || headers.origin?.startsWith('https://') === true;

/** The address of a page or route of this console, as the visitor's browser reaches it. @param base as in `GuardOptions` */
export const ownAddress = (request: FastifyRequest, base: string, path: string) =>
  new URL(`${isSecure(request) ? 'https' : 'http'}://${request.host}${base}${path}`);
