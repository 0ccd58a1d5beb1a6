/** Every error a store throws on purpose; anything else that escapes one is our bug. */
export class StoreError extends Error {
  override name = 'StoreError';
}

/** The store is down, refuses us or sends nonsense. Nothing is known about the object: try again later. */
export class StoreUnavailable extends StoreError {
  override name = 'StoreUnavailable';
}

/** The object does not exist. A retry will not bring it back. */
export class ObjectNotFound extends StoreError {
  override name = 'ObjectNotFound';
  readonly permanent = true;
  readonly key: string;

  constructor(key: string) {
    super(`no object ${JSON.stringify(key)} in the store`);
    this.key = key;
  }
}

/** Larger than this store is allowed to read into memory. */
export class ObjectTooLarge extends StoreError {
  override name = 'ObjectTooLarge';
  readonly permanent = true;
  readonly key: string;

  constructor(key: string, limit: number) {
    super(`object ${JSON.stringify(key)} is larger than ${limit} bytes, the most that is read`);
    this.key = key;
  }
}
