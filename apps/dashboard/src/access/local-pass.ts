import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from './exposure.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** Only if the dashboard has no login. */
    localPass: LocalPass | undefined;
  }
}

const hours = 12;

/**
 * Proof that a browser runs on this machine. A proxy here that passes its visitors on looks like a local browser in
 * every byte it sends, so the proof takes another way: a second port, chosen at random and open to this machine only,
 * hands out a cookie. A browser here is sent there and back; a visitor from elsewhere would ask their own machine.
 */
export interface LocalPass {
  /** Undefined until the dashboard is listening. */
  port(): number | undefined;
  isValid(cookies: Record<string, string | undefined>): boolean;
  /** The second port's answer to a request. */
  answer(request: { host: string; url: string }): { status: number; headers: Record<string, string> };
}

export function createLocalPass(app: FastifyInstance, host: string): LocalPass {
  const secret = randomBytes(32).toString('base64url');
  const portOf = (address: AddressInfo | string | null) =>
    typeof address === 'object' && address ? address.port : undefined;
  const dashboardPort = () => portOf(app.server.address());
  // Browsers store cookies per host, not per port, so two dashboards on one machine need two names.
  const cookieName = () => `mycelium_pass_${dashboardPort() ?? 0}`;

  const pass: LocalPass = {
    port: () => portOf(server.address()),
    isValid(cookies) {
      const shown = Buffer.from(cookies[cookieName()] ?? '');
      return shown.length === secret.length && timingSafeEqual(shown, Buffer.from(secret));
    },
    answer({ host, url }) {
      const asked = URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : undefined;
      if (!asked || !isLoopback(asked.hostname)) return { status: 421, headers: {} };
      const home = new URL(`http://${asked.hostname}:${dashboardPort() ?? 0}`);
      const next = new URL(url, home).searchParams.get('next') ?? '/';
      const back = URL.canParse(next, home) ? new URL(next, home) : home;
      return {
        status: 302,
        headers: {
          location: String(back.origin === home.origin ? back : home),
          'set-cookie': `${cookieName()}=${secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${hours * 3_600}`,
          'cache-control': 'no-store',
        },
      };
    },
  };

  const server = createServer(({ headers, url = '/' }, response) => {
    const { status, headers: sent } = pass.answer({ host: headers.host ?? '', url });
    response.writeHead(status, sent).end();
  });
  app.addHook('onListen', async () => {
    await once(server.listen(0, host), 'listening');
  });
  app.addHook('onClose', async () => {
    server.closeAllConnections();
    server.close();
  });
  return pass;
}
