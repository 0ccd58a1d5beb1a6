import { chinese } from './chinese.ts';
import { type Code, english } from './english.ts';
import { type Params, sayFrom } from './fill.ts';

export type Language = 'en' | 'zh-CN';

/**
 * A sentence that is stored or sent as a code and parameters, and shown in the reader's language. A parameter may be a
 * code too, such as `reason.truncated`.
 */
export interface Message {
  code: Code;
  params: Params;
}

export function message(code: Code, params: Params = {}): Message {
  return { code, params };
}

export function say({ code, params }: Message, language: Language = 'en'): string {
  return sayFrom(language === 'zh-CN' ? chinese : english, code, params, language);
}

export function isCode(code: unknown): code is Code {
  return typeof code === 'string' && Object.hasOwn(english, code);
}

/**
 * A message that another program stored or sent, in the reader's language. `otherwise` is its English text,
 * used if this program does not know the code, which a newer one may have written.
 */
export function sayStored(
  stored: { code?: string | null | undefined; params?: Params | null | undefined },
  otherwise: string,
  language: Language,
): string {
  return isCode(stored.code) ? say({ code: stored.code, params: stored.params ?? {} }, language) : otherwise;
}
