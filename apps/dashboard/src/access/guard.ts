import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { Pool } from '@mycelium/database';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Refused } from '../server/refused.ts';
import { type Visitor, visitorOfSession, visitorOfToken } from './account.ts';
import { isLoopback } from './exposure.ts';

declare module 'fastify' {
  interface FastifyRequest {
    visitor: Visitor | undefined;
  }
  interface FastifyContextConfig {
    /** Open to everybody: the login page must be. */
    open?: boolean;
    /** A POST that changes nothing, such as a search by picture: viewers may. */
    readOnly?: boolean;
    /** Viewers may not even look. */
    operatorsOnly?: boolean;
    /** The route asks for a token that is no visitor's, which no browser sends by itself. */
    ownToken?: boolean;
  }
}

export const sessionCookie = 'mycelium_session';
/** Bull Board's page sends this cookie back as X-XSRF-TOKEN, and so does ours. */
export const csrfCookie = 'XSRF-TOKEN';

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);
export const isWrite = ({ method }: { method: string }) => !safeMethods.has(method);

interface GuardOptions {
  pool: Pool;
  login: boolean;
  now: () => Date;
  /** Resolves when the accounts are those of the settings. */
  accountsReady: () => Promise<void>;
}

/**
 * Everything a request must pass: who it is from, whether a page of ours sent it, and whether its role may.
 * Pages and their scripts hold no data and are open; the API and Bull Board are not.
 */
export function guard(app: FastifyInstance, { pool, login, now, accountsReady }: GuardOptions): void {
  const localCsrf = randomBytes(32).toString('base64url');
  const sitsHere: Visitor = { name: 'local', role: 'operator', csrf: localCsrf, by: 'local' };

  app.decorateRequest('visitor');

  app.addHook('onRequest', async (request, reply) => {
    // A page elsewhere whose name was pointed at this machine would otherwise speak as if it were ours.
    if (!login && !isLoopback(request.hostname)) {
      throw new Refused(421, 'refused.exposed', { detail: `Host: ${request.hostname}` });
    }
    if (request.routeOptions.config.ownToken) return;
    request.visitor = await whoIs(request);
    if (isProtected(request) && !request.visitor) {
      const page = request.method === 'GET' && request.headers.accept?.startsWith('text/html');
      if (page) return reply.redirect(`/login?next=${encodeURIComponent(request.url)}`);
      throw new Refused(401, 'refused.login');
    }
    if (request.routeOptions.config.operatorsOnly && request.visitor?.role !== 'operator') {
      throw new Refused(403, 'refused.operators-only');
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
    if (!login) return sitsHere;
    // Scripts and styles need no look into the database.
    if (!/^\/(api|queues|metrics)(\/|$)/.test(request.routeOptions.url ?? '')) return undefined;
    await accountsReady();
    const token = request.cookies[sessionCookie];
    return token ? visitorOfSession(pool, token, now()) : undefined;
  }
}

function isProtected(request: FastifyRequest): boolean {
  if (request.routeOptions.config.open) return false;
  // By the route that was found, not by how the address was spelled; what matched nothing is a 404 in any case.
  return /^\/(api|queues|metrics)(\/|$)/.test(request.routeOptions.url ?? '');
}

/** Browsers say where a write comes from. Programs have a token, which no browser sends by itself. */
function checkOrigin(request: FastifyRequest): void {
  if (request.visitor?.by === 'token') return;
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  const same = origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;
  if (!same || (site !== undefined && site !== 'same-origin')) {
    throw new Refused(403, 'refused.foreign-page');
  }
}

function checkWrite(request: FastifyRequest, visitor: Visitor): void {
  if (visitor.csrf !== undefined) {
    const sent = String(request.headers['x-xsrf-token'] ?? '');
    if (!equal(sent, visitor.csrf)) throw new Refused(403, 'refused.stale-page');
  }
  if (visitor.role !== 'operator' && !request.routeOptions.config.readOnly) {
    throw new Refused(403, 'refused.viewer');
  }
}

function equal(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** Hands the page what it has to send back with every write. */
export function giveCsrf(reply: FastifyReply, visitor: Visitor | undefined): void {
  if (visitor?.csrf) reply.setCookie(csrfCookie, visitor.csrf, { path: '/', sameSite: 'strict' });
}
