import { type Code, type Params, Refusal, type RefusalKind } from '@mycelium/words';

const kinds: Record<number, RefusalKind> = { 404: 'missing', 409: 'conflict', 429: 'busy', 503: 'busy' };
const statuses: Record<RefusalKind, number> = { invalid: 400, missing: 404, conflict: 409, busy: 503 };

/** A refusal that answers with a status of its own, where the kind alone would not say enough. */
export class Refused extends Refusal {
  readonly statusCode: number;
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, code: Code, params: Params = {}, retryAfter?: number) {
    super(kinds[statusCode] ?? 'invalid', code, params);
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
  }
}

export const statusOf = (refusal: Refusal): number =>
  refusal instanceof Refused ? refusal.statusCode : statuses[refusal.kind];
