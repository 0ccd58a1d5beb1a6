import { availableParallelism } from 'node:os';
import { decodeImage, type Pixels } from '@mycelium/encoder';
import type { ObjectBytes } from '@mycelium/storage';
import { inSpan, timeStage } from '@mycelium/telemetry';
import pLimit from 'p-limit';
import type { Batch, Image } from './image.ts';
import { imageFault } from './image-fault.ts';

/** Shared by all batches of this process: enough files at once to hide a slow store, few enough to fit in memory. */
const opening = pLimit(8 * availableParallelism());

/** The image with its picture, and the etag of the bytes it was decoded from. */
export type Decoded<I extends Image> = I & { etag: string; pixels: Pixels };

/** Reads and decodes the pictures. Quarantines those that cannot be decoded and returns the others. */
export async function decodePictures<I extends Image>(images: I[], batch: Batch): Promise<Decoded<I>[]> {
  const decoded = await timeStage('decode', images.length, () =>
    Promise.all(
      images.map((image) =>
        inSpan('image', { 'image.key': image.key }, () => opening(() => decodePicture(image, batch))),
      ),
    ),
  );
  return decoded.filter((each) => each !== undefined);
}

async function decodePicture<I extends Image>(image: I, batch: Batch): Promise<Decoded<I> | undefined> {
  let read: ObjectBytes | undefined;
  try {
    read = await batch.store.read(image.key, batch.signal);
    return { ...image, etag: read.etag, pixels: await decodeImage(read.bytes, batch.signal) };
  } catch (error) {
    const fault = imageFault(error);
    // The store is down or the worker is stopping: the whole batch is retried.
    if (!fault) throw error;
    batch.failures.push({
      key: image.key,
      room: image.room,
      ...fault,
      quarantine: { etag: read?.etag ?? image.etag ?? '', bytes: read?.bytes.length ?? image.bytes ?? 0 },
    });
    return undefined;
  } finally {
    if (read && image.etag !== undefined && read.etag !== image.etag) {
      const { etag, bytes } = read;
      batch.replaced.push({ key: image.key, known: image.etag, etag, bytes: bytes.length });
    }
  }
}
