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

/** What `read` returns: the etag belongs to these bytes, also when the object was replaced after it was listed. */
export interface ObjectBytes {
  bytes: Buffer;
  etag: string;
}

export interface WriteOptions {
  /** Stored where the store can (S3); a folder ignores it. */
  contentType?: string;
  signal?: AbortSignal | undefined;
}

export interface ListOptions {
  /** Only keys after this one: where an earlier listing stopped. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Where the images are stored. Every call rejects with the signal's reason once it aborts, and
 * with a `StoreError`, which says as its `reason` whether the store itself failed or the object.
 */
export interface ObjectStore {
  /**
   * Every object whose key begins with `prefix`, which need not end at a slash; all of them for an empty one.
   * Streams: memory does not grow with the number of objects. Keys come in the order of their UTF-8 bytes, as far
   * as the server keeps it.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /** The first parts of all keys, such as `612`: one small request, however many objects there are. */
  topFolders(signal?: AbortSignal): Promise<string[]>;
  /** The object's bytes and the etag of exactly these bytes. @throws StoreError */
  read(key: string, signal?: AbortSignal): Promise<ObjectBytes>;
  /** Undefined when there is no such object. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /** Creates or replaces an object; a reader sees the old bytes or the new ones, never a mixture. */
  write(key: string, bytes: Buffer, options?: WriteOptions): Promise<void>;
  /** Resolves when the store answers and has its bucket. @throws StoreError */
  probe(signal?: AbortSignal): Promise<void>;
  /** For people: which store this is. Contains no secret. */
  describe(): string;
}

/** A store whose bucket (or folder) can be created and whose objects can be removed: only for set-up and checks. */
export interface ManagedStore extends ObjectStore {
  ensureBucket(signal?: AbortSignal): Promise<void>;
  /** Does nothing when there is no such object. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
}
