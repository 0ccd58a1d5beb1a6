import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { ForbiddenAddress, guardedLookup, isForbidden } from './guarded-lookup.ts';

export interface CaptionServer {
  /** As CAPTION_URL says: the server, or its `/v1`, or the whole path. */
  url: string;
  apiKey?: string | undefined;
  /** For a whole request, from the first byte sent to the last received. */
  timeoutMs: number;
  /** Of an answer; what is longer is cut off with an error. */
  maxAnswerBytes: number;
}

export interface CaptionResponse {
  status: number;
  retryAfter: string | undefined;
  body: string;
}

/**
 * A function that asks the server. Redirects are not followed: they come back as the status they are. The key is
 * sent in a header and appears nowhere else.
 * @throws ForbiddenAddress before anything is sent to a link-local or metadata address.
 */
export function createRequester({ url, apiKey, timeoutMs, maxAnswerBytes }: CaptionServer) {
  const base = new URL(url);
  const root = base.pathname
    .replace(/\/+$/, '')
    .replace(/\/chat\/completions$/, '')
    .replace(/\/v1$/, '');
  const secure = base.protocol === 'https:';
  const request = secure ? httpsRequest : httpRequest;
  const agent = new (secure ? HttpsAgent : HttpAgent)({ keepAlive: true });

  async function ask(
    { method, path, body }: { method: 'GET' | 'POST'; path: string; body?: string },
    signal?: AbortSignal,
  ): Promise<CaptionResponse> {
    // A name is looked up and checked on the way; an address is not looked up.
    if (isForbidden(base.hostname)) throw new ForbiddenAddress(base.hostname);
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request(
          {
            agent,
            method,
            protocol: base.protocol,
            hostname: base.hostname.replace(/^\[|\]$/g, ''),
            port: base.port,
            path: `${root}${path}${base.search}`,
            lookup: guardedLookup,
            signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
            headers: {
              accept: 'application/json',
              ...(body !== undefined && {
                'content-type': 'application/json',
                'content-length': Buffer.byteLength(body),
              }),
              ...(apiKey && { authorization: `Bearer ${apiKey}` }),
            },
          },
          resolve,
        )
          .on('error', reject)
          .end(body);
      });
      return {
        status: response.statusCode ?? 0,
        retryAfter: response.headers['retry-after'],
        body: await readBody(response, maxAnswerBytes),
      };
    } catch (error) {
      // Inside an answer it looks like a broken connection.
      if (timeout.aborted) throw timeout.reason;
      throw error;
    }
  }

  return { ask, close: () => agent.destroy(), where: `${base.origin}${root}` };
}

export class AnswerTooLong extends Error {}

async function readBody(response: IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > most) {
      response.destroy();
      throw new AnswerTooLong(`The captioner's answer is longer than ${most} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
