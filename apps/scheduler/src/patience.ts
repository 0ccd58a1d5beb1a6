import pTimeout from 'p-timeout';

/**
 * Waits five seconds at most: BullMQ waits as long as it takes for a Redis that it has never reached.
 * @throws TimeoutError when there is no answer by then; the work itself continues
 */
export function withinPatience<T>(work: Promise<T>): Promise<T> {
  return pTimeout(work, { milliseconds: 5_000, message: 'no answer within 5 s' });
}
