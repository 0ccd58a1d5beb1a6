import { type Day, dayBounds, dayOf, formatImageKey } from '@mycelium/farm';
import type { ObjectStore } from '@mycelium/storage';
import { captureTime, type TimeSource } from './capture-time.ts';
import { type Photo, readPhoto, storedIdentity } from './photo.ts';

/** A picture as a camera, a phone or a folder delivers it. */
export interface DeliveredPicture {
  bytes: Buffer;
  /** The name of the file, without folders. */
  name: string;
  /** The time of the file, or when the picture was received: used when nothing better is known. */
  fileTime: Date;
  /** The sender's time, which comes before any other source. */
  takenAt?: Date | undefined;
}

/** What is known of the pictures of one delivery. */
export interface PictureRules {
  room: string;
  /** Number of the camera in the keys. */
  camera?: string | undefined;
  /** The day the batch was brought in. Default: the day each picture was taken. */
  inDate?: Day | undefined;
  timeZone: string;
  /** Refuse pictures that have only the time of their file. */
  requireCameraTime?: boolean | undefined;
  /** Milliseconds to add to the times that the camera's clock wrote. */
  clockOffset?: number | undefined;
}

export interface StoredPicture {
  key: string;
  day: Day;
  /** Whether the store did not have it before. */
  isNew: boolean;
  /** Stored some seconds off, because another picture has its second. */
  moved: boolean;
  /** Converted to JPEG. */
  converted: boolean;
  timeFrom: TimeSource;
}

/** The largest object that the store reads, in bytes. */
export const largestPicture = 64 * 2 ** 20;

/**
 * Stores pictures as images of a room. The same picture gets the same key each time. A key has one picture per camera
 * and second, but a burst has several in a second, and so has a folder whose files were unpacked at once: each picture
 * takes the first key that is free or already holds it.
 * @param sizeAt the size of the object with this key, undefined when the key is free: `listedSizes` for a folder full
 *   of pictures, `statedSizes` for one
 */
export function createPictureStore(store: ObjectStore, sizeAt: SizeAt, signal?: AbortSignal) {
  const identities = new Map<string, string>();
  return { put };

  /**
   * @throws PermanentError when the picture cannot be read or has no time, and another error when its day is full
   * @throws StoreError
   */
  async function put(delivered: DeliveredPicture, rules: PictureRules): Promise<StoredPicture> {
    const { bytes, name, fileTime, takenAt } = delivered;
    const { room, camera = '0', inDate, timeZone } = rules;
    if (bytes.length > largestPicture)
      throw new Error(`the file is larger than ${largestPicture / 2 ** 20} MiB`);
    const photo = await readPhoto(bytes, signal);
    const time = captureTime({
      ...{ given: takenAt, exif: photo.times, name, fileTime },
      ...{ timeZone, clockOffset: rules.clockOffset },
    });
    if (time.source === 'file' && rules.requireCameraTime)
      throw new Error('neither the picture nor its name has a time');
    const capturedAt = wholeSecond(time.capturedAt);
    const day = dayOf(capturedAt, timeZone);
    const image = { room, camera, batchInDate: inDate ?? day };
    const { key, isNew, moved } = await putAt(photo, keysAround(image, capturedAt, timeZone));
    return { key, day, isNew, moved, converted: photo.converted, timeFrom: time.source };
  }

  async function putAt(photo: Photo, keys: Iterable<string>) {
    let moved = false;
    for (const key of keys) {
      const size = await sizeAt(key);
      if (size === undefined) {
        await store.write(key, photo.bytes, { contentType: 'image/jpeg', signal });
        identities.set(key, photo.identity);
        sizeAt.wrote?.(key, photo.bytes.length);
        return { key, isNew: true, moved };
      }
      const mayBeSame = photo.converted || size === photo.bytes.length;
      if (mayBeSame && (await identityAt(key)) === photo.identity) return { key, isNew: false, moved };
      moved = true;
    }
    throw new Error('every second of this day already has a picture of this camera');
  }

  async function identityAt(key: string): Promise<string> {
    const cached = identities.get(key);
    if (cached) return cached;
    const identity = await storedIdentity((await store.read(key, signal)).bytes);
    identities.set(key, identity);
    return identity;
  }
}

interface SizeAt {
  (key: string): Promise<number | undefined>;
  wrote?(key: string, size: number): void;
}

/** Asks the store for each key. */
export function statedSizes(store: ObjectStore, signal?: AbortSignal): SizeAt {
  return async (key) => (await store.stat(key, signal))?.size;
}

/** Lists the folder of each key once, and remembers what is written meanwhile. */
export function listedSizes(store: ObjectStore, signal?: AbortSignal): SizeAt {
  const folders = new Map<string, Map<string, number>>();
  const folderOf = (key: string) => key.slice(0, key.lastIndexOf('/') + 1);
  const sizeAt = async (key: string) => {
    const folder = folderOf(key);
    let sizes = folders.get(folder);
    if (!sizes) {
      sizes = new Map();
      for await (const object of store.list(folder, { signal })) sizes.set(object.key, object.size);
      folders.set(folder, sizes);
    }
    return sizes.get(key);
  };
  return Object.assign(sizeAt, {
    wrote: (key: string, size: number) => void folders.get(folderOf(key))?.set(key, size),
  });
}

/**
 * Checks the names once, before the first picture, so that a wrong name is one error instead of one per picture.
 * @throws PermanentError when this room, camera or in-date cannot be part of a key
 */
export function checkPictureNames({ room, camera = '0', inDate, timeZone }: PictureRules): void {
  const image = { room, camera, batchInDate: inDate ?? '2025-01-01' };
  formatImageKey({ ...image, capturedAt: new Date('2025-01-01T12:00:00Z') }, { timeZone });
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1_000) * 1_000);
}

type Image = Omit<Parameters<typeof formatImageKey>[0], 'capturedAt' | 'day'>;

/** The key of this second, then of the later seconds of the day, then of the earlier ones. */
function* keysAround(image: Image, capturedAt: Date, timeZone: string): Generator<string> {
  const { start, end } = dayBounds(dayOf(capturedAt, timeZone), timeZone);
  const keyAt = (time: number) => formatImageKey({ ...image, capturedAt: new Date(time) }, { timeZone });
  for (let time = capturedAt.getTime(); time < end.getTime(); time += 1_000) yield keyAt(time);
  for (let time = capturedAt.getTime() - 1_000; time >= start.getTime(); time -= 1_000) yield keyAt(time);
}
