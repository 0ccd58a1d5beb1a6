import type { Encoder } from './clip.ts';
import { decodeImage, type Pixels } from './decode.ts';

/**
 * `work` on each item, at most `ahead` of them under way, results in the items' order. Nothing is started that
 * nobody asks for: memory is bounded by `ahead`. An error of `work` or of the source ends it.
 */
export async function* mapAhead<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  work: (item: Item) => Promise<Result>,
  { ahead }: { ahead: number },
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  for await (const item of items) {
    const started = work(item);
    started.catch(() => {}); // It is thrown when its turn comes.
    underWay.push(started);
    if (underWay.length >= ahead) yield await (underWay.shift() as Promise<Result>);
  }
  for (const started of underWay) yield await started;
}

export interface EmbeddedImage<Key> {
  key: Key;
  /** The file, for the captioner. */
  bytes: Buffer;
  pixels: Pixels;
  /** Of length one. */
  vector: Float32Array;
}

/** An image that could not be read or decoded; `error` is a BadImage when it never will be. */
export interface FailedImage<Key> {
  key: Key;
  error: Error;
}

/**
 * Keys to vectors, in order: the next files are fetched and decoded while the model runs. One failing image does
 * not stop the others; a failing model does, and so does `signal`.
 */
export async function* embedObjects<Key>(
  keys: Iterable<Key> | AsyncIterable<Key>,
  {
    read,
    encoder,
    ahead = 16,
    signal,
  }: {
    read: (key: Key) => Promise<Buffer>;
    encoder: Pick<Encoder, 'embedImages' | 'batchSize'>;
    /** How many files are fetched at once: enough to hide a slow store. */
    ahead?: number;
    signal?: AbortSignal;
  },
): AsyncGenerator<EmbeddedImage<Key> | FailedImage<Key>> {
  type Decoded = Omit<EmbeddedImage<Key>, 'vector'>;

  const open = async (key: Key): Promise<Decoded | FailedImage<Key>> => {
    try {
      const bytes = await read(key);
      return { key, bytes, pixels: await decodeImage(bytes, signal) };
    } catch (error) {
      signal?.throwIfAborted();
      return { key, error: error as Error };
    }
  };
  const embed = async (opened: (Decoded | FailedImage<Key>)[]) => {
    const decoded = opened.filter((image) => 'pixels' in image);
    const vectors = await encoder.embedImages(
      decoded.map(({ pixels }) => pixels),
      signal,
    );
    const byKey = new Map(decoded.map((image, at) => [image, vectors[at] as Float32Array]));
    return opened.map((image) =>
      'pixels' in image ? { ...image, vector: byKey.get(image) as Float32Array } : image,
    );
  };

  const images = mapAhead(keys, open, { ahead });
  // While one batch runs, the next is filled.
  for await (const batch of mapAhead(inBatches(images, encoder.batchSize), embed, { ahead: 2 })) yield* batch;
}

async function* inBatches<Item>(items: AsyncIterable<Item>, size: number): AsyncGenerator<Item[]> {
  let batch: Item[] = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
