import { PermanentError } from '@mycelium/farm';
import { Unavailable } from '../unavailable.ts';
import { type Answer, noDescription, readAnswer } from './caption-answer.ts';
import { type AnswerForm, answerForms, captionBody, shortBody } from './caption-prompt.ts';
import type { CaptionResponse, createRequester } from './caption-request.ts';

interface CompletionOptions {
  model: string;
  /** The longest answer. */
  maxTokens: number;
  timeoutMs: number;
  attempts: number;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

const paths = { openai: '/v1/chat/completions', ollama: '/api/chat' };

/**
 * Asks the server for one description, again with backoff while it answers 429 or 5xx or not at all. A server that
 * refuses the form of the question is asked in the next simpler one from then on.
 * @throws PermanentError when another attempt would fail too; Unavailable after the last attempt, and at once when the
 * address, the key or the model is wrong: that is no fault of the picture.
 */
export function createCompletion(
  { ask, where, dialect }: Pick<ReturnType<typeof createRequester>, 'ask' | 'where' | 'dialect'>,
  { model, maxTokens, timeoutMs, attempts, now, random, sleep }: CompletionOptions,
) {
  /** The strictest form that the server has not refused. */
  let strictest = 0;
  let refused = false;
  return {
    complete,
    /** Whether the server has refused the address, the key or the model, and has not answered since. */
    refuses: () => refused,
    /** Asks for a word without a picture. @throws Unavailable while the server still refuses */
    async tryAgain(signal?: AbortSignal): Promise<void> {
      await attemptOnce(() => ask({ method: 'POST', path: paths[dialect], body: shortBody(model) }, signal));
      refused = false;
    },
  };

  async function complete(image: Buffer, signal?: AbortSignal): Promise<Answer> {
    let form = strictest;
    for (let attempt = 1; ; ) {
      const question = { model, maxTokens, form: answerForms[form] as AnswerForm };
      const body = captionBody(dialect, image, question);
      const outcome = await attemptOnce(() => ask({ method: 'POST', path: paths[dialect], body }, signal));
      signal?.throwIfAborted();
      if ('body' in outcome) {
        strictest = form;
        refused = false;
        return readAnswer(outcome.body, maxTokens);
      }
      if ('refused' in outcome) {
        if (++form < answerForms.length) continue;
        throw noDescription(`The captioner at ${where} refuses with ${outcome.refused}`);
      }
      if (attempt === attempts) {
        throw unavailable(`The captioner at ${where} ${outcome.trouble}`, outcome.cause);
      }
      const backOff = 1000 * 2 ** (attempt - 1) * (0.5 + random());
      await sleep(Math.min(60_000, outcome.retryAfterMs ?? backOff), signal);
      attempt++;
    }
  }

  /** The answer, a refusal of the question, or the reason to retry. @throws PermanentError, Unavailable */
  async function attemptOnce(request: () => Promise<CaptionResponse>) {
    try {
      const { status, retryAfter, body } = await request();
      if (status >= 200 && status < 300) return { body };
      if (status === 400 || status === 422) return { refused: status };
      if (status === 413) throw noDescription(`The captioner at ${where} finds the picture too large`);
      if (status !== 429 && status !== 408 && status < 500) {
        refused = true;
        throw unavailable(`The captioner at ${where} refuses with ${status}${hint(status)}`);
      }
      return { trouble: `answers ${status}`, retryAfterMs: readRetryAfter(retryAfter, now()) };
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      if (error instanceof PermanentError) {
        throw error.reason === 'forbidden_address' ? unavailable(error.message, error) : error;
      }
      return { trouble: explain(error as Error, timeoutMs), cause: error };
    }
  }
}

export const unavailable = (message: string, cause?: unknown) =>
  new Unavailable('captioner', message, { cause });

export const hint = (status: number) =>
  status === 401 || status === 403
    ? ': CAPTION_API_KEY is missing or wrong'
    : status === 404
      ? ': CAPTION_URL or CAPTION_MODEL is wrong, or the server has not loaded the model'
      : status >= 300 && status < 400
        ? ': it redirects, and redirects are not followed'
        : '';

export function explain(error: Error & { code?: string }, timeoutMs: number): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `did not answer within ${timeoutMs / 1000} s`;
  return `cannot be reached (${error.code ?? error.message})`;
}

/** The header contains seconds or a date. */
function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
