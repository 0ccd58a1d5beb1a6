import { dimensions, normalise } from '../fusion/fuse.ts';
import type { LoadMessage } from './clip-messages.ts';
import { type ModelProcess, startModelProcess } from './model-process.ts';

type ModelRequest = Parameters<ModelProcess['ask']>[0];

interface RecycleOptions {
  /** What the log calls the model. */
  name: string;
  /** The process is restarted after this many images, or when its memory has grown by this many bytes. */
  mostImages: number;
  growthBytes: number;
  log: (message: string) => void;
}

export interface RecycledProcess {
  /** Starts the process if none is alive. */
  running(): Promise<ModelProcess>;
  /** @returns one vector of length 1 for each of `count` items. */
  ask(request: ModelRequest, count: number): Promise<Float32Array[]>;
  pid(): number | undefined;
  close(): Promise<void>;
}

/** A model process that is replaced when it fails, has done much, or has grown: inference libraries leak. */
export function createRecycledProcess(
  load: LoadMessage,
  { name, mostImages, growthBytes, log }: RecycleOptions,
): RecycledProcess {
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
      log(`CLIP ${name} runs on ${current.device}${current.reason && ` (${current.reason})`}`);
      if (closed) await current.stop();
    }
    return current;
  }

  async function ask(request: ModelRequest, count: number): Promise<Float32Array[]> {
    const asked = await running();
    try {
      const { vectors, rss } = await asked.ask(request);
      if (request.kind === 'images') imagesDone += count;
      firstRss ??= rss;
      if (imagesDone >= mostImages || rss > firstRss + growthBytes) {
        log(`Restarting the model process after ${imagesDone} images, at ${Math.round(rss / 1e6)} MB`);
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

  return {
    running,
    ask,
    pid: () => current?.pid,
    async close() {
      closed = true;
      await current?.stop();
    },
  };
}
