export { directoryStore } from './directory/directory.ts';
export { watchDirectory } from './directory/watch-directory.ts';
export { whyNotObjectKey } from './object-key.ts';
export type {
  ListOptions,
  ManagedStore,
  ObjectBytes,
  ObjectStore,
  StoredObject,
} from './object-store.ts';
export { openStore, type StoreSettings } from './open-store.ts';
export { createdKeys } from './s3/created-keys.ts';
export { type S3StoreSettings, s3Store } from './s3/s3.ts';
export { isNotFound, StoreError } from './store-errors.ts';
