import type { Code } from './english.ts';
import type { Params } from './fill.ts';
import { type Message, say } from './message.ts';

/**
 * Why something is refused: the request is invalid, it conflicts with the current state, its subject does not exist, or
 * it may succeed later. The dashboard turns it into an HTTP status, the command line into an exit code.
 */
export type RefusalKind = 'invalid' | 'conflict' | 'missing' | 'busy';

/** A request that cannot be fulfilled. `message` is the English sentence. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly code: Code;
  readonly params: Params;

  /** The HTTP status, if the kind is not specific enough. */
  readonly statusCode: number | undefined;
  /** Seconds after which it may be tried again. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: RefusalKind,
    code: Code,
    params: Params = {},
    { statusCode, retryAfter }: { statusCode?: number; retryAfter?: number | undefined } = {},
  ) {
    super(say({ code, params }));
    this.name = 'Refusal';
    this.kind = kind;
    this.code = code;
    this.params = params;
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
  }

  get asMessage(): Message {
    return { code: this.code, params: this.params };
  }
}
