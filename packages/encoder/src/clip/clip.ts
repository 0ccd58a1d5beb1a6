import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import pLimit from 'p-limit';
import type { Pixels } from '../decode/decode.ts';
import { imageLength } from '../decode/preprocess.ts';
import { dimensions, normalise } from '../fusion/fuse.ts';
import { tokenLimit } from '../fusion/fusion-text.ts';
import { type ModelChoice, openModel } from '../model/model-folder.ts';
import { type ModelId, modelKey } from '../model/model-id.ts';
import type { Device, LoadMessage } from './clip-messages.ts';
import { type ModelProcess, startModelProcess } from './model-process.ts';

export interface EncoderOptions extends ModelChoice {
  /** `auto`: CUDA, and the CPU where that fails. */
  device: 'auto' | Device;
  /** Of one run on the CPU; all cores unless told. */
  threads?: number | undefined;
  /** Told which device was taken and why, and of every restart. */
  log?: (message: string) => void;
  /** The process is started afresh after so many images, or when it has grown by so many bytes. */
  recycle?: { images?: number; growthBytes?: number };
}

/** Images and texts to vectors of 512 values, each of length one. */
export interface Encoder {
  readonly id: ModelId;
  /** `modelKey(id)` */
  readonly key: string;
  readonly device: Device;
  /** How many images one run takes; more in one call are done one run after another. */
  readonly batchSize: number;
  /** The process that runs the model, for watching it. */
  readonly pid: number | undefined;
  /** @throws ModelProcessDied when the process ends meanwhile; the next call starts another. */
  embedImages(images: Pixels[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** @throws RangeError for a text of more than 77 tokens: `fusionText` and `fitText` cut, and say so. */
  embedTexts(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Start and end marks included. */
  countTokens(text: string): number;
  close(): Promise<void>;
}

/**
 * Loads a CLIP model into a process of its own, so that no run of it blocks the caller's event loop.
 * An aborted call stops waiting at once; what the model is doing is finished and thrown away.
 * @throws ModelUnsuitable when there is no such model; Error when it loads on no device.
 */
export async function loadEncoder(options: EncoderOptions): Promise<Encoder> {
  const { device, threads = availableParallelism(), log = () => {} } = options;
  const { images: mostImages = 50_000, growthBytes = 512e6 } = options.recycle ?? {};
  const { dir, id, normalisation } = await openModel(options);
  const tokenizer = await loadTokenizer(dir);
  const devices: Device[] = device === 'auto' ? ['cuda', 'cpu'] : [device];
  const load: LoadMessage = { kind: 'load', dir, dtype: id.dtype, devices, threads, normalisation };

  const inLine = pLimit(1);
  let closed = false;
  let current: ModelProcess | undefined;
  let imagesDone = 0;
  let firstRss: number | undefined;

  async function running(): Promise<ModelProcess> {
    if (closed) throw new Error('The encoder is closed');
    if (!current?.isAlive()) {
      imagesDone = 0;
      firstRss = undefined;
      current = await startModelProcess(load);
      log(`CLIP ${modelKey(id)} runs on ${current.device}${current.reason && ` (${current.reason})`}`);
      if (closed) await current.stop();
    }
    return current;
  }

  async function ask(request: Parameters<ModelProcess['ask']>[0], count: number): Promise<Float32Array[]> {
    const asked = await running();
    try {
      const { vectors, rss } = await asked.ask(request);
      if (request.kind === 'images') imagesDone += count;
      firstRss ??= rss;
      if (imagesDone >= mostImages || rss > firstRss + growthBytes) {
        log(`The model process is started afresh after ${imagesDone} images, at ${Math.round(rss / 1e6)} MB`);
        current = undefined;
        await asked.stop();
      }
      return Array.from({ length: count }, (_, at) =>
        normalise(vectors.subarray(at * dimensions, (at + 1) * dimensions)),
      );
    } catch (error) {
      if (current === asked && !closed) {
        current = undefined;
        await asked.stop();
      }
      throw error;
    }
  }

  /** Runs of at most `batchSize`, each getting in line anew, so that a query need not wait for all of them. */
  async function embed<Item>(
    items: Item[],
    toRequest: (part: Item[]) => Parameters<typeof ask>[0],
    signal?: AbortSignal,
  ) {
    const vectors: Float32Array[] = [];
    for (let at = 0; at < items.length; at += batchSize) {
      const part = items.slice(at, at + batchSize);
      const run = inLine(async () => {
        signal?.throwIfAborted();
        return ask(toRequest(part), part.length);
      });
      vectors.push(...(await untilAborted(run, signal)));
    }
    return vectors;
  }

  const started = await running();
  const batchSize = started.device === 'cuda' ? 32 : 8;

  return {
    id,
    key: modelKey(id),
    device: started.device,
    batchSize,
    get pid() {
      return current?.pid;
    },
    embedImages: (images, signal) =>
      embed(images, (part) => ({ kind: 'images', pixels: pack(part) }), signal),
    async embedTexts(texts, signal) {
      for (const text of texts) {
        const tokens = countTokens(text);
        if (tokens > tokenLimit)
          throw new RangeError(`A text has ${tokens} tokens; CLIP reads ${tokenLimit}`);
      }
      return embed(texts, (part) => ({ kind: 'texts', texts: part }), signal);
    },
    countTokens,
    async close() {
      closed = true;
      await current?.stop();
    },
  };

  function countTokens(text: string): number {
    return tokenizer.encode(text).ids.length;
  }
}

async function loadTokenizer(dir: string): Promise<Tokenizer> {
  const [tokenizer, config] = await Promise.all(
    ['tokenizer.json', 'tokenizer_config.json'].map(async (file) =>
      JSON.parse(await readFile(join(dir, file), 'utf8')),
    ),
  );
  return new Tokenizer(tokenizer, config);
}

/** One buffer for all: it crosses to the other process four times as fast as one for each. */
function pack(images: Pixels[]): Uint8Array {
  const packed = new Uint8Array(images.length * imageLength);
  for (const [at, { data }] of images.entries()) packed.set(data, at * imageLength);
  return packed;
}

async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work;
  work.catch(() => {}); // It is still there when nobody waits for it any more.
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
