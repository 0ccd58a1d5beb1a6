import { guardedConnector } from '@mycelium/outgoing/fetch';
import { Agent, errors } from 'undici';
import { noDescription } from './caption-answer.ts';
import type { Dialect } from './caption-prompt.ts';

export interface CaptionServer {
  /** The server, its `/v1` or the full path, as in CAPTION_URL; one that ends in `/api/chat` is Ollama's own. */
  url: string;
  apiKey?: string | undefined;
  /** For a whole request, from the first byte sent to the last received. */
  timeoutMs: number;
  /** A longer answer is cut off with an error. */
  maxAnswerBytes: number;
}

export interface CaptionResponse {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/**
 * Creates a function that sends requests to the server. It does not follow redirects and returns their status. The
 * key is sent in a header and appears nowhere else.
 * @throws PermanentError `forbidden_address` before anything is sent to a link-local or metadata address, and
 * `no_description` when the answer is too long
 */
export function createRequester(
  { url, apiKey, timeoutMs, maxAnswerBytes }: CaptionServer,
  connect = guardedConnector(),
) {
  const base = new URL(url);
  const path = base.pathname.replace(/\/+$/, '');
  const dialect: Dialect = path.endsWith('/api/chat') ? 'ollama' : 'openai';
  const root = path
    .replace(/\/api\/chat$/, '')
    .replace(/\/chat\/completions$/, '')
    .replace(/\/v1$/, '');
  const agent = new Agent({
    connect,
    maxResponseSize: maxAnswerBytes,
    // One deadline for the whole request, below, replaces the limits on its parts.
    headersTimeout: 0,
    bodyTimeout: 0,
  });

  async function ask(
    { method, path, body }: { method: 'GET' | 'POST'; path: string; body?: string },
    signal?: AbortSignal,
  ): Promise<CaptionResponse> {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await agent.request({
        origin: base.origin,
        path: `${root}${path}${base.search}`,
        method,
        body: body ?? null,
        signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
        headers: {
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(apiKey && { authorization: `Bearer ${apiKey}` }),
        },
      });
      const retryAfter = response.headers['retry-after'];
      return {
        status: response.statusCode,
        retryAfter: Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
        body: await response.body.text(),
      };
    } catch (error) {
      // A timeout in the middle of an answer looks like a broken connection.
      if (timeout.aborted) throw timeout.reason;
      if (error instanceof errors.ResponseExceededMaxSizeError) {
        throw noDescription(`The captioner's answer is longer than ${maxAnswerBytes} bytes`);
      }
      throw error;
    }
  }

  return { ask, dialect, close: () => void agent.destroy(), where: `${base.origin}${root}` };
}
