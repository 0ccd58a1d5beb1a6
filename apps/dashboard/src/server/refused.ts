import { type Code, type Params, Refusal, type RefusalKind } from '@mycelium/words';

const kinds: Record<number, RefusalKind> = {
  404: 'missing',
  409: 'conflict',
  429: 'busy',
  503: 'busy',
  507: 'busy',
};
const statuses: Record<RefusalKind, number> = { invalid: 400, missing: 404, conflict: 409, busy: 503 };

/**
 * A refusal with its own HTTP status.
 * @param retryAfter seconds
 */
export const refused = (statusCode: number, code: Code, params: Params = {}, retryAfter?: number) =>
  new Refusal(kinds[statusCode] ?? 'invalid', code, params, { statusCode, retryAfter });

export const statusOf = ({ statusCode, kind }: Refusal): number => statusCode ?? statuses[kind];
