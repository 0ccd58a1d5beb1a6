import { randomBytes } from 'node:crypto';
import proxyAddr from '@fastify/proxy-addr';
import type { Config } from '@mycelium/config';
import type { FastifyRequest } from 'fastify';
import { refused } from '../server/refused.ts';
import type { Visitor } from './account.ts';
import { companyName, isName, roleOf } from './groups.ts';

/**
 * Reads `Remote-User` and `Remote-Groups`, by which a proxy such as Authelia or oauth2-proxy says whom it has logged in.
 * They count only on a connection that comes from one of TRUSTED_PROXIES itself: anyone can write such a header.
 * @returns a function that returns undefined if no trusted proxy names anyone
 */
export function readLoginHeaders(
  config: Pick<Config, 'LOGIN_HEADERS' | 'TRUSTED_PROXIES' | 'OPERATOR_GROUPS' | 'VIEWER_GROUPS'>,
) {
  if (config.LOGIN_HEADERS !== 'on') return () => undefined;
  const isTrusted = proxyAddr.compile(config.TRUSTED_PROXIES);

  /** @throws Refusal 403 for somebody in none of the groups, 400 for headers that two parties wrote */
  return (request: FastifyRequest, csrf: string | undefined): Visitor | undefined => {
    if (!isTrusted(request.socket.remoteAddress ?? '', 0)) return undefined;
    const [user, groups] = [only(request, 'remote-user'), only(request, 'remote-groups')];
    if (!user) return undefined;
    if (!isName(user)) throw refused(400, 'refused.login-header', { header: 'Remote-User' });
    const role = roleOf(
      (groups ?? '').split(',').map((group) => group.trim()),
      config,
    );
    if (!role) throw refused(403, 'refused.no-role', { name: user });
    // The page sends back what its own cookie holds: another site can neither read nor set it.
    return {
      name: companyName(user),
      role,
      csrf: csrf && csrf.length >= 32 ? csrf : randomBytes(32).toString('base64url'),
      by: 'proxy',
    };
  };
}

/** Two headers of one name mean that the proxy added its own to one that the visitor sent. */
function only({ raw }: FastifyRequest, name: string): string | undefined {
  const { rawHeaders } = raw;
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name);
  if (values.length > 1) throw refused(400, 'refused.login-header', { header: name });
  // Node reads headers as Latin-1; proxies write names as UTF-8.
  return values[0] && Buffer.from(values[0], 'latin1').toString('utf8').trim();
}
