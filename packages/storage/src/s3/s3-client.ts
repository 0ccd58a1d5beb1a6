import { AsyncLocalStorage } from 'node:async_hooks';
import http from 'node:http';
import https from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { guardLookup } from '@mycelium/outgoing';
import type { Client, ClientOptions } from 'minio';
import { withDeadline } from '../deadline.ts';
import { StoreError, storeUnavailable } from '../store-errors.ts';

export interface S3Settings {
  /** `http://host:9000` or `https://host`. */
  endpoint: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  /** `us-east-1` by default, which servers other than Amazon's accept unless configured otherwise. */
  region?: string | undefined;
  /** For each request, including its body. 30 s. */
  timeoutMs?: number;
}

/**
 * Adds what the minio client lacks: every request can be aborted, has a deadline and is retried after a brief failure.
 */
export interface S3Client {
  call<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (client: Client) => Promise<T>,
    timeoutMs?: number,
  ): Promise<T>;
}

export function createS3Client(settings: S3Settings): S3Client {
  const where = new URL(settings.endpoint);
  const secure = where.protocol === 'https:';
  if (where.pathname !== '/')
    throw new TypeError(`an S3 endpoint has no path, but ${where.origin}${where.pathname} does`);
  const options: ClientOptions = {
    endPoint: where.hostname,
    port: Number(where.port) || (secure ? 443 : 80),
    useSSL: secure,
    accessKey: settings.accessKey,
    secretKey: settings.secretKey,
    // Without it the client asks the server for the region after every error, including a missing object.
    region: settings.region ?? 'us-east-1',
    transport: abortableTransport(secure),
    transportAgent: new (secure ? https : http).Agent({ keepAlive: true, lookup: guardLookup() }),
    // The client's own retries write to the console and cannot be aborted.
    retryOptions: { disableRetry: true },
  };
  // Loaded on the first request: a farm whose images are in a folder never needs it.
  let opened: Promise<Client> | undefined;
  const open = () => {
    opened ??= import('minio').then((minio) => new minio.Client(options));
    return opened;
  };
  return {
    async call(what, signal, work, timeoutMs = settings.timeoutMs ?? 30_000) {
      const described = `${what} at ${where.origin}`;
      try {
        return await withDeadline(described, timeoutMs, signal, (inner) =>
          requestSignal.run(inner, () => withRetries(inner, async () => work(await open()))),
        );
      } catch (error) {
        if (signal?.aborted || error instanceof StoreError) throw error;
        throw storeUnavailable(`${described}: ${reasonOf(error)}`);
      }
    },
  };
}

/** The client's methods take no signal; this carries it to the request they make. */
const requestSignal = new AsyncLocalStorage<AbortSignal>();

/** For these statuses the client throws without reading the body, which would keep the socket open forever. */
const statusesLeftUnread = new Set([408, 429, 499, 500, 502, 503, 504, 520]);

function abortableTransport(secure: boolean): NonNullable<ClientOptions['transport']> {
  const { request } = secure ? https : http;
  const abortable = (options: http.RequestOptions, onResponse: (response: http.IncomingMessage) => void) => {
    const signal = requestSignal.getStore();
    const sent = request(signal ? { ...options, signal } : options, onResponse);
    sent.on('response', (response) => {
      // The client does not listen for an abort between two reads; unhandled, it would end the process.
      response.on('error', () => {});
      if (statusesLeftUnread.has(response.statusCode ?? 0)) response.resume();
    });
    return sent;
  };
  return { request: abortable as typeof http.request };
}

const pausesMs = [200, 800];

/** Retries twice after a dropped connection or a busy server. Every request of this package is safe to repeat. */
async function withRetries<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (const pause of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !isBlip(error)) throw error;
      await sleep(pause, undefined, { signal });
    }
  }
  return work();
}

function isBlip(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === 'ECONNRESET' || code === 'EPIPE' || busyStatus(error) !== undefined;
}

/** The client reports the statuses it calls retryable (429, 5xx) only in the message. */
function busyStatus(error: unknown): string | undefined {
  return /Retryable (HTTP status: \d+)/.exec((error as Error).message)?.[1];
}

/** Only code and message, since the fields of an S3 error include the signature and the access key. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return busyStatus(error) ?? ([...new Set([code, message])].filter(Boolean).join(' ') || String(error));
}
