import { Worker } from 'node:worker_threads';
import { PermanentError } from '@mycelium/farm';

/** An upright picture, RGBA, 8 bits, row by row. */
export interface HeicPicture {
  width: number;
  height: number;
  data: Uint8Array;
}

const brands = ['heic', 'heix', 'hevc', 'hevx', 'mif1', 'msf1'];
const maxSeconds = 60;

/** Whether these are the bytes of an iPhone's picture. AVIF, which has another codec in the same container, is not. */
export function isHeic(bytes: Buffer): boolean {
  return bytes.toString('latin1', 4, 8) === 'ftyp' && brands.includes(bytes.toString('latin1', 8, 12));
}

/**
 * Decodes a HEIC in a thread of its own: it takes a second or more, and libheif (as WebAssembly, LGPL) reads untrusted
 * bytes. The thread ends after a minute.
 * @throws PermanentError when it cannot be decoded
 */
export async function decodeHeic(bytes: Buffer, signal?: AbortSignal): Promise<HeicPicture> {
  signal?.throwIfAborted();
  const thread = new Worker(new URL('heic-thread.ts', import.meta.url), {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: 512 },
    // libheif prints what is wrong with a file.
    stdout: true,
    stderr: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<HeicPicture>();
  const refuse = (reason: string, detail: string) => reject(new PermanentError(reason, detail));
  thread.once('message', (answer: HeicPicture | { reason: string; detail: string }) =>
    'reason' in answer ? refuse(answer.reason, answer.detail) : resolve(answer),
  );
  thread.once('error', (error) => refuse('corrupt', `The HEIC does not decode: ${error.message}`));
  thread.once('exit', () => refuse('corrupt', 'The HEIC does not decode'));
  const timer = setTimeout(
    () => refuse('too_slow', `Decoding took more than ${maxSeconds} s`),
    maxSeconds * 1_000,
  );
  const stop = () => reject(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    await thread.terminate();
  }
}

/**
 * The EXIF block of a HEIC, starting at its TIFF header: phones write it behind `Exif\0\0`, other programs behind four
 * zeros.
 */
export function heicExifBlock(bytes: Buffer): Buffer | undefined {
  for (const before of ['Exif\0\0', '\0\0\0\0']) {
    for (const header of ['II*\0', 'MM\0*']) {
      const at = bytes.indexOf(before + header, 0, 'latin1');
      if (at >= 0) return bytes.subarray(at + before.length, at + before.length + 65_536);
    }
  }
  return undefined;
}
