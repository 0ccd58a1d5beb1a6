import type { Config } from '@mycelium/config';
import { guardedFetch } from '@mycelium/outgoing/fetch';
import { Refusal } from '@mycelium/words';
import * as oidc from 'openid-client';
import { refused } from '../server/refused.ts';
import type { Role } from './account.ts';
import { isLoopback } from './exposure.ts';
import { companyName, isName, roleOf } from './groups.ts';

/** What a browser keeps between the way to the provider and back. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  /** The page to open afterwards. */
  next: string;
}

const timeoutSeconds = 10;

/**
 * Logs people in with the company's account by OpenID Connect: code flow with PKCE, state and nonce.
 * The provider is asked for its addresses at the first login, not at the start, so that it may be down then.
 */
export function createCompanyLogin(config: Config) {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: id, OIDC_CLIENT_SECRET: secret } = config;
  if (!issuer || !id || !secret) return undefined;

  let known: Promise<oidc.Configuration> | undefined;
  const provider = () => {
    known ??= discover(new URL(issuer), id, secret).catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };

  return {
    /** @returns the provider's address to open, and what the browser keeps meanwhile */
    async begin(callback: URL, next: string): Promise<{ url: URL; attempt: Attempt }> {
      const attempt = {
        state: oidc.randomState(),
        nonce: oidc.randomNonce(),
        verifier: oidc.randomPKCECodeVerifier(),
        next,
      };
      const url = oidc.buildAuthorizationUrl(await provider(), {
        redirect_uri: callback.href,
        scope: config.OIDC_SCOPE,
        state: attempt.state,
        nonce: attempt.nonce,
        code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
        code_challenge_method: 'S256',
      });
      return { url, attempt };
    },

    /**
     * @param answer the address that the provider sent the browser back to
     * @throws Refusal if the person may not use this console; else the library's error
     */
    async finish(answer: URL, { state, nonce, verifier }: Attempt): Promise<CompanyVisitor> {
      const client = await provider();
      const tokens = await oidc.authorizationCodeGrant(client, answer, {
        pkceCodeVerifier: verifier,
        expectedState: state,
        expectedNonce: nonce,
        idTokenExpected: true,
      });
      let claims: Claims = tokens.claims() ?? {};
      const { sub } = claims;
      if (typeof sub !== 'string') throw new Error('the ID token has no subject');
      // Many providers put groups only there.
      if (
        groupsIn(claims, config.OIDC_GROUPS_CLAIM) === undefined &&
        client.serverMetadata().userinfo_endpoint
      ) {
        claims = { ...claims, ...(await oidc.fetchUserInfo(client, tokens.access_token, sub)) };
      }
      const name = [claims.preferred_username, claims.email, sub].find(isName) ?? sub.slice(0, 100);
      const role = roleOf(groupsIn(claims, config.OIDC_GROUPS_CLAIM) ?? [], config);
      if (!role) throw refused(403, 'refused.no-role', { name });
      return { name: companyName(name), role, subject: sub };
    },

    /** Where to end the provider's session too; undefined if it has no such address. */
    async logOutUrl(back: URL): Promise<URL | undefined> {
      const client = await provider();
      if (!client.serverMetadata().end_session_endpoint) return undefined;
      return oidc.buildEndSessionUrl(client, { post_logout_redirect_uri: back.href });
    },
  };
}

export type CompanyLogin = NonNullable<ReturnType<typeof createCompanyLogin>>;

interface CompanyVisitor {
  name: string;
  role: Role;
  subject: string;
}

type Claims = Record<string, unknown>;

async function discover(issuer: URL, id: string, secret: string): Promise<oidc.Configuration> {
  const options = {
    timeout: timeoutSeconds,
    // The provider's document names more addresses to ask.
    [oidc.customFetch]: guardedFetch as oidc.CustomFetch,
    // A provider elsewhere must have TLS.
    execute: isLoopback(issuer.hostname) ? [oidc.allowInsecureRequests] : [],
  };
  const found = await oidc.discovery(issuer, id, undefined, oidc.ClientSecretBasic(secret), options);
  const methods = found.serverMetadata().token_endpoint_auth_methods_supported;
  if (!methods || methods.includes('client_secret_basic')) return found;
  return oidc.discovery(issuer, id, undefined, oidc.ClientSecretPost(secret), options);
}

/** @param path names separated by dots */
function groupsIn(claims: Claims, path: string): string[] | undefined {
  const direct = claims[path];
  const value =
    direct ?? path.split('.').reduce<unknown>((inner, name) => (inner as Claims | undefined)?.[name], claims);
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((group) => typeof group === 'string') : undefined;
}

/** The code of the sentence for the person. Only refusals explain themselves; the rest is logged. */
export const reasonOf = (error: unknown): string =>
  error instanceof Refusal ? error.code : 'refused.company-login';
