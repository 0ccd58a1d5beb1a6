const patience = 5_000;

/**
 * Waits five seconds at most: BullMQ waits for a Redis it has never reached for as long as that takes.
 * @throws Error when there is no answer by then; the work itself goes on unheeded.
 */
export async function withinPatience<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('no answer within 5 s')), patience);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
