import pTimeout from 'p-timeout';
import { storeUnavailable } from './store-errors.ts';

/**
 * Runs `work` with a signal that aborts when the caller's does, or after `ms`. Does not wait for work that ignores the
 * signal. Leaves no listener on the caller's signal, which may live as long as the process.
 * @throws the reason of the caller's signal, or a StoreError when the time is up
 */
export async function withDeadline<T>(
  what: string,
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const inner = new AbortController();
  try {
    return await pTimeout(work(inner.signal), {
      milliseconds: ms,
      fallback: () => {
        throw storeUnavailable(`${what}: no answer within ${ms} ms`);
      },
      ...(signal && { signal }),
    });
  } catch (error) {
    inner.abort(error);
    throw error;
  }
}
