import { decodeImage, type Encoder, fitText, unreadWords } from '@mycelium/encoder';

/** Words and pictures to vectors, for search, by the model of the key that is given. */
export interface Searcher {
  /** Too long a text is cut; `unread` are the words that the model has not learned. */
  vectorOfText(
    model: string,
    text: string,
    signal?: AbortSignal,
  ): Promise<{ vector: Float32Array; unread: string[] }>;
  /** @throws BadImage */
  vectorOfPicture(model: string, bytes: Buffer, signal?: AbortSignal): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Loads a model at its first search, since most who open the console never search. The one before it stays: for
 * searches that are under way while the models change, and for the way back.
 */
export function lazySearcher(load: (model: string) => Promise<Encoder>): Searcher {
  let loaded: { model: string; encoder: Promise<Encoder> }[] = [];

  function encoderOf(model: string): Promise<Encoder> {
    const known = loaded.find((each) => each.model === model);
    const wanted = known ?? { model, encoder: load(model) };
    wanted.encoder.catch(() => {
      loaded = loaded.filter((each) => each !== wanted);
    });
    loaded = [wanted, ...loaded.filter((each) => each !== wanted)];
    for (const { encoder } of loaded.splice(2)) void close(encoder);
    return wanted.encoder;
  }

  const close = async (encoder: Promise<Encoder>) => (await encoder.catch(() => undefined))?.close();

  return {
    async vectorOfText(model, text, signal) {
      const encoder = await encoderOf(model);
      const [vector] = await encoder.embedTexts([fitText(text, encoder.countTokens).used], signal);
      return { vector: vector as Float32Array, unread: unreadWords(text, encoder.countTokens) };
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
