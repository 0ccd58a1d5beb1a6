import { availableParallelism } from 'node:os';
import { PermanentError } from '@mycelium/farm';
import pLimit from 'p-limit';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { badImage } from './bad-image.ts';
import { readImageFile } from './image-format.ts';
import { withPlainExif } from './plain-exif.ts';

// Each image is decoded once, so caching decoded images only costs memory. With one thread per image, `decoders`
// limits the number of busy cores.
sharp.cache(false);
sharp.concurrency(1);
restrictLoaders();

const limitInputPixels = 50_000_000;
const decoders = pLimit(availableParallelism());
/** Pictures that the decoder must hold in memory as a whole: one at a time, and none above this many bytes. */
const wholeDecoders = pLimit(1);
const limitWholeBytes = 200e6;

/**
 * Restricts sharp to the decoders for JPEG, PNG and WebP in every process that imports this file, since these processes
 * decode untrusted files. This is the second barrier; the first is the check of magic bytes before every decode.
 */
function restrictLoaders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
  });
}

/**
 * Opens an untrusted image: checks its format, size and shape, removes its notes, limits memory and time.
 * @param read receives the upright image, which fails if it is damaged, and its upright size; chooses colour and size
 * @throws PermanentError
 */
export async function withImage<Result>(
  bytes: Buffer,
  signal: AbortSignal | undefined,
  read: (image: Sharp, size: { width: number; height: number }) => Promise<Result>,
): Promise<Result> {
  const file = readImageFile(bytes);
  return decoders(async () => {
    signal?.throwIfAborted();
    const image = sharp(withPlainExif(bytes, file), { autoOrient: true, failOn: 'error', limitInputPixels });
    const metadata = await image.metadata().catch(refuse);
    // The same bytes can look like different formats to different readers: sharp must agree with us.
    if (metadata.format !== file.format) {
      throw badImage('corrupt', `The ${file.format} reads as ${metadata.format}`);
    }
    checkSize(metadata);
    const decode = () => read(image.timeout({ seconds: 60 }), metadata.autoOrient).catch(refuse);
    return wholeBytes(metadata) > 0 ? wholeDecoders(decode) : decode();
  });
}

function checkSize(metadata: Metadata): void {
  const { width, height } = metadata;
  const size = `${width} × ${height} pixels`;
  if (width * height > limitInputPixels) throw badImage('too_large', `${size} are more than 50 million`);
  if (wholeBytes(metadata) > limitWholeBytes) {
    throw badImage('too_large', `${size} need too much memory to decode (interlaced, or WebP)`);
  }
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < 32 || long > 10 * short) {
    throw badImage('bad_shape', `${size} are not a photograph: a side under 32, or longer than 10 : 1`);
  }
}

/**
 * Bytes that decoding holds at once; 0 for files decoded row by row. Measured: 2 bytes per coefficient, 8 per pixel.
 */
function wholeBytes({ format, isProgressive, width, height, channels, depth }: Metadata): number {
  if (format === 'webp') return 8 * width * height;
  if (!isProgressive) return 0;
  return width * height * channels * (format === 'jpeg' || depth === 'ushort' ? 2 : 1);
}

/** Turns sharp's own errors, which are about the bytes, into refusals with the first line of their message. */
function refuse(error: Error): never {
  if (error instanceof PermanentError || error.name === 'AbortError') throw error;
  const line = error.message.split('\n')[0]?.slice(0, 200) ?? '';
  if (/timeout/i.test(line)) throw badImage('too_slow', `Decoding was stopped: ${line}`, { cause: error });
  if (/exceeds pixel limit/i.test(line)) throw badImage('too_large', line, { cause: error });
  const reason = /premature end|truncat/i.test(line) ? 'truncated' : 'corrupt';
  throw badImage(reason, `The image does not decode: ${line}`, { cause: error });
}
