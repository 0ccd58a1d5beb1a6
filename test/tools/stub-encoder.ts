import { setTimeout as wait } from 'node:timers/promises';
import type { Encoder } from '@mycelium/encoder';

const vector = () => new Float32Array(512).fill(1 / Math.sqrt(512));

/** A model that waits instead of computing. All its vectors are equal. */
export function stubEncoder({ millisecondsPerImage = 0 } = {}): Encoder {
  return {
    id: { name: 'stub', revision: 'local', dtype: 'fp32', hash: '00000000', demo: true, dimensions: 512 },
    key: 'demo:stub@local/fp32#00000000',
    device: 'cpu',
    batchSize: 8,
    pid: undefined,
    async embedImages(images, signal) {
      await wait(millisecondsPerImage * images.length, undefined, { signal });
      return images.map(vector);
    },
    embedTexts: async (texts) => texts.map(vector),
    countTokens: (text) => text.split(' ').length,
    close: async () => {},
  };
}
