import { type Config, ConfigError } from '@mycelium/config';

const loopback = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)$/i;

/** Whether a name or address means this very machine. */
export const isLoopback = (host: string) => loopback.test(host);

/**
 * Without a login the console is for whoever sits at this machine, and for nobody else.
 * @returns whether visitors have to log in
 * @throws ConfigError when it would listen beyond this machine without asking who is there
 */
export function checkExposure(
  config: Pick<Config, 'DASHBOARD_HOST' | 'DASHBOARD_USER' | 'DASHBOARD_PASSWORD'>,
): { login: boolean } {
  const { DASHBOARD_HOST: host, DASHBOARD_USER: user, DASHBOARD_PASSWORD: password } = config;
  if (user && password) return { login: true };
  if (isLoopback(host)) return { login: false };
  throw new ConfigError([
    `DASHBOARD_HOST: read "${host}"; wanted: 127.0.0.1, or DASHBOARD_USER and DASHBOARD_PASSWORD too, since others could reach the dashboard there`,
  ]);
}
