import { Agent, buildConnector, fetch, type RequestInit } from 'undici';
import { forbiddenAddress, guardLookup, isForbidden } from './guarded-lookup.ts';

/**
 * How undici opens connections that never lead to a link-local or metadata address: not by name, not by number, not
 * by a redirect.
 */
export function guardedConnector(lookup = guardLookup()): buildConnector.connector {
  const connect = buildConnector({ lookup });
  return (options, callback) => {
    // Numbers are not looked up.
    if (isForbidden(options.hostname)) callback(forbiddenAddress(options.hostname), null);
    else connect(options, callback);
  };
}

let agent: Agent | undefined;

/**
 * `fetch` for the addresses in settings.
 * @throws TypeError with the cause `forbidden_address` before anything is sent to a link-local or metadata address
 */
export const guardedFetch: typeof globalThis.fetch = (input, init) => {
  agent ??= new Agent({ connect: guardedConnector() });
  const request = { dispatcher: agent, ...(init as RequestInit) };
  // Node's own types of the same library are of another version.
  return fetch(input as string, request) as unknown as ReturnType<typeof globalThis.fetch>;
};
