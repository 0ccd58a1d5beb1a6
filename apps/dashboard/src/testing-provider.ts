import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Provider from 'oidc-provider';

interface TestContext {
  after(release: () => unknown): void;
}

/** Everybody the provider knows; any password is right. */
const groups: Record<string, string[]> = { mei: ['growers'], tom: ['packers-night'] };

/**
 * A real OpenID Connect provider on this machine, with its own login pages.
 * @param consoles the addresses of the consoles it knows; read at the first request
 */
export async function startProvider(t: TestContext, consoles: string[]) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [clientId, clientSecret] = ['mycelium', 'a secret of forty characters, no less: x'];
  const start = () =>
    new Provider(issuer, {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: consoles.map((console) => `${console}/api/company-login/back`),
          post_logout_redirect_uris: consoles.map((console) => `${console}/login`),
        },
      ],
      claims: {
        openid: ['sub'],
        profile: ['preferred_username', 'groups', 'realm_access'],
        email: ['email'],
      },
      pkce: { required: () => true },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({
          ...{ sub, preferred_username: sub, email: `${sub}@farm.example` },
          ...{ groups: groups[sub] ?? [], realm_access: { roles: groups[sub] ?? [] } },
        }),
      }),
    });
  let answer: ReturnType<Provider['callback']> | undefined;
  server.on('request', (request, response) => {
    answer ??= start().callback();
    void answer(request, response);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });

  /**
   * Logs in on the provider's pages and agrees.
   * @param url where the console sent the browser
   * @returns where the provider sends it back to
   */
  async function logIn(url: string, person: string): Promise<string> {
    const jar = new Map<string, string>();
    const forms: Record<string, string>[] = [
      { prompt: 'login', login: person, password: 'any' },
      { prompt: 'consent' },
    ];
    let at = url;
    for (let steps = 0; steps < 12; steps++) {
      if (!at.startsWith(issuer)) return at;
      const form = /\/interaction\//.test(at) ? forms.shift() : undefined;
      const answer = await fetch(at, {
        method: form ? 'POST' : 'GET',
        redirect: 'manual',
        headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
        ...(form && { body: new URLSearchParams(form) }),
      });
      for (const cookie of answer.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        jar.set(name, value);
      }
      const next = answer.headers.get('location');
      if (!next) throw new Error(`the provider answered ${answer.status}: ${await answer.text()}`);
      at = new URL(next, at).href;
    }
    throw new Error(`the provider does not send the browser back: ${at}`);
  }

  return { issuer, clientId, clientSecret, logIn };
}
