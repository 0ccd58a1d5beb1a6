import pTimeout from 'p-timeout';

/**
 * Waits five seconds at most, since BullMQ waits forever for a Redis that it has never reached.
 * @throws TimeoutError when there is no answer by then; the work itself continues
 */
export function withinPatience<T>(work: Promise<T>): Promise<T> {
  return pTimeout(work, { milliseconds: 5_000, message: 'no answer within 5 s' });
}
