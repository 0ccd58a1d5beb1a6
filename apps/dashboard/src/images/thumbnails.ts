import { BadImage, withImage } from '@mycelium/encoder';
import { ObjectNotFound, type ObjectStore } from '@mycelium/storage';
import { LRUCache } from 'lru-cache';
import pLimit from 'p-limit';

/** The only widths, so that nobody can fill the cache with every possible width. */
export const widths = [160, 320, 640, 1600] as const;
export type Width = (typeof widths)[number];

const cacheBytes = 128 * 1024 * 1024;
const atOnce = 3;

/** The image cannot be shown: its bytes are not a picture this console opens. */
export class NotAPicture extends Error {
  readonly statusCode = 422;
}

/** Decides by the first bytes, not by the name. */
export function isPicture(bytes: Buffer): boolean {
  const text = bytes.subarray(0, 12).toString('latin1');
  return (
    text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG\r\n\x1a\n') || /^RIFF.{4}WEBP/s.test(text)
  );
}

/** Small versions of the store's images. They stay in memory up to a limit; the least recently used leave first. */
export function createThumbnails(store: ObjectStore) {
  const limit = pLimit(atOnce);
  const cache = new LRUCache<string, Buffer, { key: string; width: Width }>({
    maxSize: cacheBytes,
    sizeCalculation: ({ length }) => length,
    fetchMethod: (_, __, { context }) => limit(() => render(store, context.key, context.width)),
  });

  /** @returns WebP, or undefined when the store has no such object. @throws NotAPicture */
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
    if (error instanceof ObjectNotFound) return undefined;
    if (error instanceof BadImage) throw new NotAPicture('this picture cannot be read', { cause: error });
    throw error;
  }
}
