import { decodeImage, type Encoder } from '@mycelium/encoder';

/** Words and pictures to vectors, for search. */
export interface Searcher {
  /** The key of its model: its vectors can be compared only with those of the same one. */
  model(): Promise<string>;
  vectorOfText(text: string, signal?: AbortSignal): Promise<Float32Array>;
  /** @throws BadImage */
  vectorOfPicture(bytes: Buffer, signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Loads the model at the first search, since most who open the console never search. */
export function lazySearcher(load: () => Promise<Encoder>): Searcher {
  let loading: Promise<Encoder> | undefined;
  const encoder = () => {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    model: async () => (await encoder()).key,
    async vectorOfText(text, signal) {
      const [vector] = await (await encoder()).embedTexts([text], signal);
      return vector as Float32Array;
    },
    async vectorOfPicture(bytes, signal) {
      const [vector] = await (await encoder()).embedImages([await decodeImage(bytes, signal)], signal);
      return vector as Float32Array;
    },
    close: async () => (await loading?.catch(() => undefined))?.close(),
  };
}
