import { ObjectNotFound, type ObjectStore } from '@mycelium/storage';
import sharp from 'sharp';

/** Widths that are made, so that nobody can fill the cache with every width there is. */
export const widths = [160, 320, 640, 1600] as const;
export type Width = (typeof widths)[number];

const cacheBytes = 128 * 1024 * 1024;
const atOnce = 3;
// A camera's picture has 2–12 million; a few kilobytes can claim billions.
const limitInputPixels = 50_000_000;

/** The image cannot be shown: its bytes are no picture this console opens. */
export class NotAPicture extends Error {
  readonly statusCode = 422;
}

/** What the bytes are, by what they begin with and not by what they are called. */
export function isPicture(bytes: Buffer): boolean {
  const text = bytes.subarray(0, 12).toString('latin1');
  return (
    text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG\r\n\x1a\n') || /^RIFF.{4}WEBP/s.test(text)
  );
}

/** Small pictures of the store's images, kept in memory up to a limit, the longest unseen thrown out first. */
export function createThumbnails(store: ObjectStore) {
  const cache = new Map<string, Buffer>();
  const making = new Map<string, Promise<Buffer>>();
  const waiting: (() => void)[] = [];
  let held = 0;
  let busy = 0;

  /** @returns WebP. @throws NotAPicture, and `undefined` when the store has no such object */
  async function thumbnail(key: string, etag: string, width: Width): Promise<Buffer | undefined> {
    const name = `${width} ${etag} ${key}`;
    const kept = cache.get(name);
    if (kept) {
      cache.delete(name);
      cache.set(name, kept);
      return kept;
    }
    const work = making.get(name) ?? inTurn(() => make(key, width));
    making.set(name, work);
    try {
      const bytes = await work;
      keep(name, bytes);
      return bytes;
    } catch (error) {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    } finally {
      making.delete(name);
    }
  }

  async function make(key: string, width: Width): Promise<Buffer> {
    const { bytes } = await store.read(key);
    if (!isPicture(bytes)) throw new NotAPicture('this is not a JPEG, PNG or WebP picture');
    try {
      return await sharp(bytes, { limitInputPixels, failOn: 'error' })
        .rotate()
        .resize({ width, withoutEnlargement: true })
        .webp({ quality: width > 640 ? 82 : 74, effort: 2 })
        .toBuffer();
    } catch (error) {
      throw new NotAPicture('this picture cannot be read', { cause: error });
    }
  }

  function keep(name: string, bytes: Buffer): void {
    if (cache.has(name)) return;
    cache.set(name, bytes);
    held += bytes.length;
    for (const [oldest, { length }] of cache) {
      if (held <= cacheBytes) break;
      cache.delete(oldest);
      held -= length;
    }
  }

  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (busy >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else busy--;
    }
  }

  return thumbnail;
}

export type Thumbnails = ReturnType<typeof createThumbnails>;
