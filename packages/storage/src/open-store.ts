import { directoryStore } from './directory/directory.ts';
import type { ManagedStore } from './object-store.ts';
import { s3Store } from './s3/s3.ts';

/** The settings of a store, named as in the environment. */
export interface StoreSettings {
  S3_ENDPOINT?: string | undefined;
  S3_ACCESS_KEY?: string | undefined;
  S3_SECRET_KEY?: string | undefined;
  S3_BUCKET?: string | undefined;
  S3_REGION?: string | undefined;
  IMAGE_DIR?: string | undefined;
}

/** An object store if `S3_ENDPOINT` is set, or else the folder `IMAGE_DIR`. Does not connect; `probe` does. */
export function openStore(settings: StoreSettings): ManagedStore {
  if (settings.S3_ENDPOINT) {
    return s3Store({
      endpoint: settings.S3_ENDPOINT,
      accessKey: settings.S3_ACCESS_KEY ?? '',
      secretKey: settings.S3_SECRET_KEY ?? '',
      bucket: settings.S3_BUCKET ?? 'mogu',
      region: settings.S3_REGION,
    });
  }
  if (settings.IMAGE_DIR) return directoryStore(settings.IMAGE_DIR);
  throw new Error('no image store is configured: set S3_ENDPOINT (with its keys) or IMAGE_DIR');
}
