/** `unavailable`: the store is down, refuses us or sends nonsense; nothing is known about the object. */
type StoreErrorReason = 'unavailable' | 'not_found' | 'too_large' | 'invalid_key';

/** Every error a store throws on purpose; anything else that escapes one is our bug. */
export class StoreError extends Error {
  override name = 'StoreError';
  readonly reason: StoreErrorReason;
  /** A retry will not help: the store answers, and the object or its key is at fault. */
  readonly permanent: boolean;

  constructor(reason: StoreErrorReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.permanent = reason !== 'unavailable';
  }
}

export const storeUnavailable = (message: string, options?: ErrorOptions) =>
  new StoreError('unavailable', message, options);

export const objectNotFound = (key: string) =>
  new StoreError('not_found', `no object ${JSON.stringify(key)} in the store`);

export const objectTooLarge = (key: string, limit: number) =>
  new StoreError('too_large', `object ${JSON.stringify(key)} is larger than the limit of ${limit} bytes`);

/** The key must not reach a path or a URL. */
export const invalidObjectKey = (key: string, why: string) =>
  new StoreError('invalid_key', `${JSON.stringify(key)} is not an object key: ${why}`);

export const isNotFound = (error: unknown): error is StoreError =>
  error instanceof StoreError && error.reason === 'not_found';
