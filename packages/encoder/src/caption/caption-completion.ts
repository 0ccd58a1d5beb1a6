import { PermanentError } from '@mycelium/farm';
import { Unavailable } from '../unavailable.ts';
import { type Description, noDescription, readAnswer } from './caption-answer.ts';
import { captionPrompt } from './caption-prompt.ts';
import type { CaptionResponse, createRequester } from './caption-request.ts';

interface CompletionOptions {
  model: string;
  timeoutMs: number;
  attempts: number;
  now: () => number;
  random: () => number;
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * Asks the server for one description, again with backoff while it answers 429 or 5xx or not at all.
 * @throws PermanentError when another attempt would fail too; Unavailable after the last attempt.
 */
export function createCompletion(
  { ask, where }: Pick<ReturnType<typeof createRequester>, 'ask' | 'where'>,
  { model, timeoutMs, attempts, now, random, sleep }: CompletionOptions,
) {
  return complete;

  async function complete(image: Buffer, signal?: AbortSignal): Promise<Description> {
    const body = JSON.stringify({
      model,
      stream: false,
      temperature: 0,
      max_tokens: 600,
      ...captionPrompt(image),
    });
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(() =>
        ask({ method: 'POST', path: '/v1/chat/completions', body }, signal),
      );
      signal?.throwIfAborted();
      if ('body' in outcome) return readAnswer(outcome.body);
      if (attempt === attempts) {
        throw unavailable(`The captioner at ${where} ${outcome.trouble}`, outcome.cause);
      }
      const backOff = 1000 * 2 ** (attempt - 1) * (0.5 + random());
      await sleep(Math.min(60_000, outcome.retryAfterMs ?? backOff), signal);
    }
  }

  /** The answer, or the reason to retry. @throws PermanentError when another attempt would fail too */
  async function attemptOnce(request: () => Promise<CaptionResponse>) {
    try {
      const { status, retryAfter, body } = await request();
      if (status >= 200 && status < 300) return { body };
      if (status !== 429 && status !== 408 && status < 500) {
        throw noDescription(`The captioner at ${where} refuses with ${status}${hint(status)}`);
      }
      return { trouble: `answers ${status}`, retryAfterMs: readRetryAfter(retryAfter, now()) };
    } catch (error) {
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
      ? ': CAPTION_URL or CAPTION_MODEL is wrong'
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
