import type { Code } from './dictionary.ts';
import type { Params } from './fill.ts';
import { type Message, say } from './message.ts';

/**
 * Why something is not done: the request is wrong, it conflicts with what is there, its subject does not exist, or the
 * answer will differ later. The dashboard makes an HTTP status of it, the command line an exit code.
 */
export type RefusalKind = 'invalid' | 'conflict' | 'missing' | 'busy';

/** Something was asked for that cannot be done. `message` is the English sentence. */
export class Refusal extends Error {
  readonly kind: RefusalKind;
  readonly code: Code;
  readonly params: Params;

  /** The HTTP status, where the kind alone would not say enough. */
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
