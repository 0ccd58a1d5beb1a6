/** One object as the store lists it. */
export interface StoredObject {
  /** Parts are separated by `/`, whatever the kind of store. */
  key: string;
  /** Bytes. */
  size: number;
  /** Changes whenever the object is replaced. Comparable only with etags of the same store. */
  etag: string;
  modifiedAt: Date;
}

/** The etag belongs to these bytes, even when the object was replaced after it was listed. */
export interface ObjectBytes {
  bytes: Buffer;
  etag: string;
}

export interface WriteOptions {
  /** Stored in S3; a folder ignores it. */
  contentType?: string;
  signal?: AbortSignal | undefined;
}

export interface ListOptions {
  /** Only keys after this one: where an earlier listing stopped. */
  after?: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Where the images are stored. Every call rejects with the signal's reason once it aborts, and otherwise with a
 * `StoreError`, whose `reason` distinguishes a failed store from a bad object.
 */
export interface ObjectStore {
  /**
   * Every object whose key begins with `prefix`, which need not end at a slash; all of them for an empty one.
   * Streams: memory does not grow with the number of objects. Keys come in the order of their UTF-8 bytes if the
   * server sorts that way.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<StoredObject>;
  /** The first part of every key, such as `612`, in one small request, however many objects there are. */
  topFolders(signal?: AbortSignal): Promise<string[]>;
  /** The object's bytes and the etag of exactly these bytes. @throws StoreError */
  read(key: string, signal?: AbortSignal): Promise<ObjectBytes>;
  /** Undefined when there is no such object. */
  stat(key: string, signal?: AbortSignal): Promise<StoredObject | undefined>;
  /** Creates or replaces an object; a reader sees the old bytes or the new ones, never a mixture. */
  write(key: string, bytes: Buffer, options?: WriteOptions): Promise<void>;
  /** Resolves when the store answers and has its bucket. @throws StoreError */
  probe(signal?: AbortSignal): Promise<void>;
  /** Names the store for people. Contains no secret. */
  describe(): string;
}

/** A store whose bucket or folder can be created and whose objects can be removed: only for setup and checks. */
export interface ManagedStore extends ObjectStore {
  ensureBucket(signal?: AbortSignal): Promise<void>;
  /** Does nothing when there is no such object. */
  remove(key: string, signal?: AbortSignal): Promise<void>;
}
