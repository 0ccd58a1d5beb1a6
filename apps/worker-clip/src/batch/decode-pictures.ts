import { availableParallelism } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { decodeImage, type Pixels } from '@mycelium/encoder';
import type { ObjectBytes, StoredObject } from '@mycelium/storage';
import { inSpan, timeStage } from '@mycelium/telemetry';
import pLimit from 'p-limit';
import type { Batch, Image } from './image.ts';
import { imageFault } from './image-fault.ts';

/** Shared by all batches of this process: enough files at once to hide a slow store, few enough to fit in memory. */
const opening = pLimit(8 * availableParallelism());

/** The image with its picture, and the etag of the bytes it was decoded from. */
export type Decoded<I extends Image> = I & { etag: string; pixels: Pixels };

/**
 * Reads and decodes the pictures. One that cannot be decoded and is still being written is read again when it has
 * grown. Quarantines those that cannot be decoded and returns the others.
 */
export async function decodePictures<I extends Image>(images: I[], batch: Batch): Promise<Decoded<I>[]> {
  const decoded = await timeStage('decode', images.length, () =>
    Promise.all(
      images.map((image) => inSpan('image', { 'image.key': image.key }, () => decodePicture(image, batch))),
    ),
  );
  return decoded.filter((each) => each !== undefined);
}

async function decodePicture<I extends Image>(image: I, batch: Batch): Promise<Decoded<I> | undefined> {
  let tried = await readAndDecode(image, batch);
  for (let again = 0; again < mostAgain && (await isGrowing(tried, image, batch)); again++) {
    tried = await readAndDecode(image, batch);
  }
  const { read, pixels, fault } = tried;
  if (read && image.etag !== undefined && read.etag !== image.etag) {
    const { etag, bytes } = read;
    batch.replaced.push({ key: image.key, known: image.etag, etag, bytes: bytes.length });
  }
  if (read && pixels) return { ...image, etag: read.etag, pixels };
  batch.failures.push({
    key: image.key,
    room: image.room,
    ...(fault as Fault),
    quarantine: { etag: read?.etag ?? image.etag ?? '', bytes: read?.bytes.length ?? image.bytes ?? 0 },
  });
  return undefined;
}

type Fault = NonNullable<ReturnType<typeof imageFault>>;

interface Tried {
  read?: ObjectBytes;
  pixels?: Pixels;
  /** Undefined when it was decoded. */
  fault?: Fault;
}

/** @throws an error that is not about this picture: the store is down, or the worker is stopping */
async function readAndDecode({ key }: Image, { store, signal }: Batch): Promise<Tried> {
  return opening(async () => {
    let read: ObjectBytes | undefined;
    try {
      read = await store.read(key, signal);
      return { read, pixels: await decodeImage(read.bytes, signal) };
    } catch (error) {
      const fault = imageFault(error);
      if (!fault) throw error;
      return { ...(read && { read }), fault };
    }
  });
}

/** What half a picture looks like, wherever it was cut. */
const ofHalf = ['empty', 'not_an_image', 'truncated', 'corrupt'];
/** An older file is not being written any more. */
const freshMillis = 60_000;
const mostAgain = 12;

/** Whether a picture that cannot be decoded changes within a few seconds. */
async function isGrowing({ read, fault }: Tried, { key }: Image, batch: Batch): Promise<boolean> {
  if (!read || !fault || !ofHalf.includes(fault.reason)) return false;
  const { store, signal, quietMillis } = batch;
  const isOther = (object: StoredObject | undefined) => object !== undefined && object.etag !== read.etag;
  const stored = await store.stat(key, signal);
  if (isOther(stored)) return true;
  if (!stored || Date.now() - stored.modifiedAt.getTime() > freshMillis) return false;
  await wait(quietMillis, undefined, { signal });
  return isOther(await store.stat(key, signal));
}
