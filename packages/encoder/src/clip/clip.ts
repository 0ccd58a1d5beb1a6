import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Tokenizer } from '@huggingface/tokenizers';
import pLimit from 'p-limit';
import pTimeout from 'p-timeout';
import type { Pixels } from '../decode/decode.ts';
import { imageLength } from '../decode/preprocess.ts';
import { tokenLimit } from '../fusion/fusion-text.ts';
import { type ModelChoice, openModel } from '../model/model-folder.ts';
import { type ModelId, modelKey } from '../model/model-id.ts';
import type { Device, LoadMessage } from './clip-messages.ts';
import { createRecycledProcess } from './recycled-process.ts';

export interface EncoderOptions extends ModelChoice {
  /** `auto`: CUDA, or the CPU if that fails. */
  device: 'auto' | Device;
  /** Threads per run on the CPU; all cores by default. */
  threads?: number | undefined;
  /** Logs the device in use with the reason, and every restart. */
  log?: (message: string) => void;
  /** The process is restarted after this many images, or when its memory has grown by this many bytes. */
  recycle?: { images?: number; growthBytes?: number };
}

/** Turns images and texts into unit vectors of 512 values. */
export interface Encoder {
  readonly id: ModelId;
  /** `modelKey(id)` */
  readonly key: string;
  readonly device: Device;
  /** Images per run; a call with more takes several runs. */
  readonly batchSize: number;
  /** The process that runs the model, for monitoring. */
  readonly pid: number | undefined;
  /** @throws Unavailable when the process ends during the call; the next call starts a new one. */
  embedImages(images: Pixels[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** @throws RangeError for a text of more than 77 tokens: `fusionText` and `fitText` shorten it and report that. */
  embedTexts(texts: string[], signal?: AbortSignal): Promise<Float32Array[]>;
  /** Includes the start and end tokens. */
  countTokens(text: string): number;
  close(): Promise<void>;
}

/**
 * Loads a CLIP model into a separate process, so that a run never blocks the caller's event loop.
 * An aborted call returns at once; the model finishes its run and the result is discarded.
 * @throws PermanentError when there is no such model; Error when it loads on no device.
 */
export async function loadEncoder(options: EncoderOptions): Promise<Encoder> {
  const { device, threads = availableParallelism(), log = () => {} } = options;
  const { images: mostImages = 50_000, growthBytes = 512e6 } = options.recycle ?? {};
  const { dir, id, normalisation } = await openModel(options);
  const tokenizer = await loadTokenizer(dir);
  const devices: Device[] = device === 'auto' ? ['cuda', 'cpu'] : [device];
  const load: LoadMessage = { kind: 'load', dir, dtype: id.dtype, devices, threads, normalisation };

  const model = createRecycledProcess(load, { name: modelKey(id), mostImages, growthBytes, log });
  const queue = pLimit(1);

  /** Runs of at most `batchSize`. Each waits in the queue separately, so a query need not wait for all of them. */
  async function embed<Item>(
    items: Item[],
    toRequest: (part: Item[]) => Parameters<typeof model.ask>[0],
    signal?: AbortSignal,
  ) {
    const vectors: Float32Array[] = [];
    for (let at = 0; at < items.length; at += batchSize) {
      const part = items.slice(at, at + batchSize);
      const run = queue(async () => {
        signal?.throwIfAborted();
        return model.ask(toRequest(part), part.length);
      });
      vectors.push(...(await untilAborted(run, signal)));
    }
    return vectors;
  }

  const started = await model.running();
  const batchSize = started.device === 'cuda' ? 32 : 8;

  return {
    id,
    key: modelKey(id),
    device: started.device,
    batchSize,
    get pid() {
      return model.pid();
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
    close: model.close,
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

/** One buffer for all images: it reaches the other process four times as fast as one buffer each. */
function pack(images: Pixels[]): Uint8Array {
  const packed = new Uint8Array(images.length * imageLength);
  for (const [at, { data }] of images.entries()) packed.set(data, at * imageLength);
  return packed;
}

/** The work continues after an abort, and may fail then. */
async function untilAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  return signal ? pTimeout(work, { milliseconds: Number.POSITIVE_INFINITY, signal }) : work;
}
