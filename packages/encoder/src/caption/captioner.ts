import { setTimeout as sleepFor } from 'node:timers/promises';
import { PermanentError } from '@mycelium/farm';
import pLimit from 'p-limit';
import { Unavailable } from '../unavailable.ts';
import { type Description, noDescription, readAnswer } from './caption-answer.ts';
import { captionImage } from './caption-image.ts';
import { captionPrompt } from './caption-prompt.ts';
import { type CaptionResponse, createRequester } from './caption-request.ts';

export interface CaptionerOptions {
  /** Undefined or empty: no captioner is created. */
  url: string | undefined;
  model: string;
  apiKey?: string | undefined;
  /** Pictures at once; a server with one GPU answers them one by one anyway. */
  concurrency?: number;
  timeoutMs?: number;
  /** Attempts per picture, while the server answers 429 or 5xx or not at all. */
  attempts?: number;
  /** After this many pictures in a row without an answer, requests pause for `restMs`. */
  breakAfter?: number;
  restMs?: number;
  maxAnswerBytes?: number;
  now?: () => number;
  random?: () => number;
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface Captioner {
  readonly model: string;
  /** Origin and path, without user, password or query. */
  readonly where: string;
  /**
   * Describes any image that `decodeImage` accepts.
   * @throws PermanentError when the image is bad, the answer has no description, or the server refuses;
   * Unavailable when the server is down, overloaded or slow: try again later.
   */
  describe(bytes: Buffer, signal?: AbortSignal): Promise<Description>;
  /** @throws Unavailable */
  probe(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** A client of an OpenAI-compatible `/v1/chat/completions`: Ollama, llama-server, vLLM. */
export function createCaptioner(options: CaptionerOptions): Captioner | undefined {
  const {
    url,
    model,
    apiKey,
    concurrency = 2,
    timeoutMs = 120_000,
    attempts = 4,
    breakAfter = 5,
    restMs = 30_000,
    maxAnswerBytes = 256 * 1024,
    now = Date.now,
    random = Math.random,
    sleep = (ms, signal) => sleepFor(ms, undefined, { ...(signal && { signal }) }),
  } = options;
  if (!url) return undefined;
  const { ask, close, where } = createRequester({ url, apiKey, timeoutMs, maxAnswerBytes });
  const limit = pLimit(concurrency);
  let failuresInARow = 0;
  let restsUntil = 0;

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

  /** The answer, or why to try again. @throws PermanentError when another attempt would fail too */
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

  return {
    model,
    where,
    close,
    async describe(bytes, signal) {
      return limit(async () => {
        signal?.throwIfAborted();
        if (now() < restsUntil) {
          throw unavailable(`The captioner at ${where} has not answered lately; requests to it are paused`);
        }
        const image = await captionImage(bytes, signal);
        try {
          const described = await complete(image, signal);
          failuresInARow = 0;
          return described;
        } catch (error) {
          if (error instanceof Unavailable && ++failuresInARow >= breakAfter) restsUntil = now() + restMs;
          if (error instanceof PermanentError) failuresInARow = 0;
          throw error;
        }
      });
    },
    async probe(signal) {
      const timeout = AbortSignal.timeout(5000);
      try {
        const { status } = await ask(
          { method: 'GET', path: '/v1/models' },
          signal ? AbortSignal.any([signal, timeout]) : timeout,
        );
        if (status >= 500 || status === 401 || status === 403) {
          throw unavailable(`The captioner at ${where} answers ${status}${hint(status)}`);
        }
        restsUntil = 0;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof Unavailable) throw error;
        throw unavailable(`The captioner at ${where} ${explain(error as Error, 5000)}`, error);
      }
    },
  };
}

const unavailable = (message: string, cause?: unknown) => new Unavailable('captioner', message, { cause });

const hint = (status: number) =>
  status === 401 || status === 403
    ? ': CAPTION_API_KEY is missing or wrong'
    : status === 404
      ? ': CAPTION_URL or CAPTION_MODEL is wrong'
      : status >= 300 && status < 400
        ? ': it redirects, and redirects are not followed'
        : '';

function explain(error: Error & { code?: string }, timeoutMs: number): string {
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `did not answer within ${timeoutMs / 1000} s`;
  return `cannot be reached (${error.code ?? error.message})`;
}

/** Seconds, or a date. */
function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
