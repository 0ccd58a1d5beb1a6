/** One object as the store lists it. */
export interface StoredObject {
  /** `/` between the parts, whatever the store is made of. */
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the object is replaced. Comparable only with etags of the same store. */
  etag: string;
  modifiedAt: Date;
}

export interface WriteOptions {
  /** Kept by stores that can keep it (S3); a folder has no place for it. */
  contentType?: string;
  signal?: AbortSignal | undefined;
}

export interface ListOptions {
  /** Only what comes after this key in the order of keys: where an earlier listing was left. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Where the images are. Every call rejects with the signal's reason once it aborts, and with
 * `StoreUnavailable` when the store itself, not the object, is the trouble.
 */
export interface ObjectStore {
  /**
   * Every object whose key begins with `prefix`, which need not end at a slash; all of them for an empty one.
   * Streams: memory does not grow with the number of objects. Keys come in the order of their UTF-8 bytes, as far
   * as the server keeps it.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /** The first parts of all keys, such as `612`: one small question, however many objects there are. */
  topFolders(signal?: AbortSignal): Promise<string[]>;
  /** @throws ObjectNotFound, ObjectTooLarge, InvalidObjectKey */
  read(key: string, signal?: AbortSignal): Promise<Buffer>;
  /** Undefined when there is no such object. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /** Makes or replaces an object; a reader sees the old bytes or the new ones, never a mixture. */
  write(key: string, bytes: Buffer, options?: WriteOptions): Promise<void>;
  /** Resolves when the store answers and has its bucket. @throws StoreUnavailable */
  probe(signal?: AbortSignal): Promise<void>;
  /** For people: which store this is. Holds no secret. */
  describe(): string;
}

/** A store whose bucket (or folder) can be made, and whose objects can be removed: for set-up and checks alone. */
export interface ManagedStore extends ObjectStore {
  ensureBucket(signal?: AbortSignal): Promise<void>;
  /** Does nothing when there is no such object. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
}
