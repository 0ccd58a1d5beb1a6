import { setTimeout as sleepFor } from 'node:timers/promises';
import { PermanentError } from '@mycelium/farm';
import pLimit from 'p-limit';
import { Unavailable } from '../unavailable.ts';
import type { Answer } from './caption-answer.ts';
import { createCompletion, explain, hint, unavailable } from './caption-completion.ts';
import { captionImage } from './caption-image.ts';
import { createRequester } from './caption-request.ts';

export interface CaptionerOptions {
  /** Undefined or empty: no captioner is created. */
  url: string | undefined;
  model: string;
  apiKey?: string | undefined;
  /** The longest answer in tokens, with whatever the model thinks before. */
  maxTokens?: number;
  /** Concurrent pictures; a server with one GPU answers them one by one anyway. */
  concurrency?: number;
  timeoutMs?: number;
  /** Attempts per picture while the server answers 429 or 5xx, or not at all. */
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
   * @throws PermanentError when the image is bad or the answer has no description; Unavailable when the server is
   * down, overloaded or slow, or does not know the key or the model: try again later.
   */
  describe(bytes: Buffer, signal?: AbortSignal): Promise<Answer>;
  /** @throws Unavailable */
  probe(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** A client of an OpenAI-compatible `/v1/chat/completions` (Ollama, llama-server, vLLM) or of Ollama's own `/api/chat`. */
export function createCaptioner(options: CaptionerOptions): Captioner | undefined {
  const {
    url,
    model,
    apiKey,
    maxTokens = 600,
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
  const requester = createRequester({ url, apiKey, timeoutMs, maxAnswerBytes });
  const { ask, close, where, dialect } = requester;
  const { complete, refuses, tryAgain } = createCompletion(requester, {
    model,
    maxTokens,
    timeoutMs,
    attempts,
    now,
    random,
    sleep,
  });
  const limit = pLimit(concurrency);
  let failuresInARow = 0;
  let restsUntil = 0;

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
          { method: 'GET', path: dialect === 'openai' ? '/v1/models' : '/api/tags' },
          signal ? AbortSignal.any([signal, timeout]) : timeout,
        );
        if (status >= 500 || status === 401 || status === 403) {
          throw unavailable(`The captioner at ${where} answers ${status}${hint(status)}`);
        }
        if (refuses()) await tryAgain(signal);
        restsUntil = 0;
      } catch (error) {
        signal?.throwIfAborted();
        if (error instanceof Unavailable) throw error;
        throw unavailable(`The captioner at ${where} ${explain(error as Error, 5000)}`, error);
      }
    },
  };
}
