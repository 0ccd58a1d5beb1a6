import { withImage } from '@mycelium/encoder';
import { PermanentError } from '@mycelium/farm';
import { isNotFound, type ObjectStore, StoreError } from '@mycelium/storage';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';
import { refused } from '../server/refused.ts';

/** The allowed widths, so that no one can fill the cache with arbitrary ones. */
export const widths = [160, 320, 640, 1600] as const;
export type Width = (typeof widths)[number];

const cacheBytes = 128 * 1024 * 1024;
const atOnce = 3;

/** Detects the format by the first bytes, not by the name. */
export function isPicture(bytes: Buffer): boolean {
  const text = bytes.subarray(0, 12).toString('latin1');
  return (
    text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG\r\n\x1a\n') || /^RIFF.{4}WEBP/s.test(text)
  );
}

/** Small versions of the stored images, cached in memory up to a limit; the least recently used are dropped first. */
export function createThumbnails(store: ObjectStore) {
  const limit = pLimit(atOnce);
  const cache = new LRUCache<string, Buffer, { key: string; width: Width }>({
    maxSize: cacheBytes,
    sizeCalculation: ({ length }) => length,
    fetchMethod: (_, __, { context }) => limit(() => render(store, context.key, context.width)),
  });

  /**
   * @returns WebP, or undefined when the store has no such object.
   * @throws Refusal when its bytes are not a picture that this console opens
   */
  return function thumbnail(key: string, etag: string, width: Width): Promise<Buffer | undefined> {
    return cache.fetch(`${width} ${etag} ${key}`, { context: { key, width } });
  };
}

async function render(store: ObjectStore, key: string, width: Width): Promise<Buffer | undefined> {
  try {
    const { bytes } = await store.read(key);
    return await withImage(bytes, undefined, (image) =>
      image
        .resize({ width, withoutEnlargement: true })
        .webp({ quality: width > 640 ? 82 : 74, effort: 2 })
        .toBuffer(),
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    if (error instanceof PermanentError || (error instanceof StoreError && error.permanent)) {
      throw refused(422, 'refused.picture', { reason: `reason.${error.reason}` });
    }
    throw error;
  }
}
