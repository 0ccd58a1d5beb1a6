import type { IncomingHttpHeaders } from 'node:http';
import { type Config, ConfigError } from '@mycelium/config';

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?|::ffff:127(\.\d{1,3}){3})$/i;

/** Whether a name or address means this machine itself. */
export const isLoopback = (host: string) => loopback.test(host);

/**
 * Without a login, only people at this machine may use the console.
 * @returns whether visitors have to log in
 * @throws ConfigError when it would listen beyond this machine without a login
 */
export function checkExposure(
  config: Pick<
    Config,
    'DASHBOARD_HOST' | 'DASHBOARD_USER' | 'DASHBOARD_PASSWORD' | 'OIDC_ISSUER' | 'LOGIN_HEADERS'
  >,
): { login: boolean } {
  const { DASHBOARD_HOST: host, DASHBOARD_USER: user, DASHBOARD_PASSWORD: password } = config;
  if ((user && password) || config.OIDC_ISSUER || config.LOGIN_HEADERS === 'on') return { login: true };
  if (isLoopback(host)) return { login: false };
  throw new ConfigError([
    `DASHBOARD_HOST: read "${host}", expected 127.0.0.1. To let others reach the dashboard there, set DASHBOARD_USER and DASHBOARD_PASSWORD too`,
  ]);
}

/** Headers that proxies, tunnels or CDNs add and browsers do not. */
const forwarding =
  /^(forwarded|via|x-forwarded(-.+)?|x-real-ip|x-(client|cluster-client|remote)-(ip|addr)|(true|fastly|fly)-client-ip|x-original-(for|host|proto|url|uri)|x-proxy.*|x-scheme|cf-.+|cdn-loop|x-amzn-.+|x-appengine-.+|x-azure-.+|x-envoy-.+|x-vercel-.+|x-arr-.+)$/;

/** The sign that a request does not come directly from this machine; undefined if there is none. */
export function signOfElsewhere(request: {
  ip: string;
  hostname: string;
  headers: IncomingHttpHeaders;
}): string | undefined {
  const { ip, hostname, headers } = request;
  const added = Object.keys(headers).find((name) => forwarding.test(name));
  if (added) return added;
  if (!isLoopback(hostname)) return `Host: ${hostname}`;
  return isLoopback(ip) ? undefined : `address ${ip}`;
}
