import { createHash, timingSafeEqual } from 'node:crypto';
import type { Code } from '@mycelium/words';
import type { FastifyRequest } from 'fastify';
import { refused } from './refused.ts';

/**
 * Checks the token of a door that devices and servers use: `Authorization: Bearer TOKEN`, or the password of `Basic`,
 * for senders that can only put it into the address. A device that may deliver data may do nothing else.
 * @param token the expected one; undefined when the door is closed
 * @param closed why it is closed
 */
export function checkOwnToken({ headers }: FastifyRequest, token: string | undefined, closed: Code): void {
  if (token === undefined) throw refused(503, closed);
  const [, scheme, credentials = ''] = /^(Bearer|Basic) (.+)$/i.exec(headers.authorization ?? '') ?? [];
  const isBasic = scheme?.toLowerCase() === 'basic';
  const sent = isBasic
    ? Buffer.from(credentials, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : credentials;
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(sent), digest(token))) throw refused(401, 'refused.token');
}
