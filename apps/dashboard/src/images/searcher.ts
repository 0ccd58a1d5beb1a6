import { decodeImage, type Encoder, fitText, unreadWords } from '@mycelium/encoder';

/** Turns words and pictures into vectors for search, with the model of a given key. */
export interface Searcher {
  /** `used` is the part of the text that the model reads; `unread` are the words that it has not learned. */
  vectorOfText(
    model: string,
    text: string,
    signal?: AbortSignal,
  ): Promise<{ vector: Float32Array; used: string; cut: boolean; unread: string[] }>;
  /** @throws PermanentError */
  vectorOfPicture(model: string, bytes: Buffer, signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a model on its first search, since most people who open the console never search. The previous model stays
 * loaded for searches in progress while models change, and for changing back.
 */
export function lazySearcher(load: (model: string) => Promise<Encoder>): Searcher {
  let loaded: { model: string; encoder: Promise<Encoder> }[] = [];

  function encoderOf(model: string): Promise<Encoder> {
    const known = loaded.find((each) => each.model === model);
    const current = known ?? { model, encoder: load(model) };
    current.encoder.catch(() => {
      loaded = loaded.filter((each) => each !== current);
    });
    loaded = [current, ...loaded.filter((each) => each !== current)];
    for (const { encoder } of loaded.splice(2)) void close(encoder);
    return current.encoder;
  }

  const close = async (encoder: Promise<Encoder>) => (await encoder.catch(() => undefined))?.close();

  return {
    async vectorOfText(model, text, signal) {
      const encoder = await encoderOf(model);
      const { used, cut } = fitText(text, encoder.countTokens);
      const [vector] = await encoder.embedTexts([used], signal);
      return { vector: vector as Float32Array, used, cut, unread: unreadWords(text, encoder.countTokens) };
    },
    async vectorOfPicture(model, bytes, signal) {
      const encoder = await encoderOf(model);
      const [vector] = await encoder.embedImages([await decodeImage(bytes, signal)], signal);
      return vector as Float32Array;
    },
    async close() {
      await Promise.all(loaded.map(({ encoder }) => close(encoder)));
    },
  };
}
