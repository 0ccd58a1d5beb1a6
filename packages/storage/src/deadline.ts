import { storeUnavailable } from './store-errors.ts';

/**
 * Runs `work` with a signal that aborts when the caller's does, or after `ms`. Does not wait for work that ignores
 * it. Leaves no listener on the caller's signal, which may live as long as the process.
 * @throws the caller's reason, or a StoreError when the time is up
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const inner = new AbortController();
  const stopped = Promise.withResolvers<never>();
  const stop = (reason: unknown) => {
    stopped.reject(reason);
    inner.abort(reason);
  };
  const onAbort = () => stop(signal?.reason);
  const timer = setTimeout(() => stop(storeUnavailable(`${what}: no answer within ${ms} ms`)), ms);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work(inner.signal), stopped.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}
