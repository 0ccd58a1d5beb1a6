import { availableParallelism } from 'node:os';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { createLimit } from '../limit.ts';
import { BadImage } from './bad-image.ts';
import { centreCrop, resizeBicubic } from './bicubic.ts';
import { readImageFile } from './image-format.ts';
import { withPlainExif } from './plain-exif.ts';
import { side } from './preprocess.ts';

// Every image is seen once, so remembering decoded ones only costs memory; and one thread an image leaves the
// number of busy cores to `decoders` below instead of multiplying it.
sharp.cache(false);
sharp.concurrency(1);

export interface Pixels {
  /** RGB, 8 bits, row by row: 224 × 224 × 3 bytes. */
  data: Uint8Array;
  /** Of the whole image, the way up it is meant to be seen. */
  width: number;
  height: number;
}

const limitInputPixels = 50_000_000;
const decoders = createLimit(availableParallelism());
/** Pictures that are held in memory whole: never two at once, and none of more than this many bytes. */
const wholeDecoders = createLimit(1);
const limitWholeBytes = 200e6;

/**
 * Leaves sharp only the decoders for JPEG, PNG and WebP, in this whole process. Magic bytes are checked before
 * every decode; this is the second lock, for processes which decode what strangers send.
 */
export function restrictLoaders(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({
    operation: ['VipsForeignLoadJpegBuffer', 'VipsForeignLoadPngBuffer', 'VipsForeignLoadWebpBuffer'],
  });
}

/**
 * The one way from a file to what CLIP sees, for the index and for queries alike: the right way up, sRGB, the
 * short side resized to 224 with antialiased bicubic, the centre cut out. Transparency is laid on white.
 * @throws BadImage when the bytes can never be decoded.
 */
export async function decodeImage(bytes: Buffer, signal?: AbortSignal): Promise<Pixels> {
  return withImage(bytes, signal, async (image, { width, height }) => {
    const data = width < side || height < side ? await enlarge(image) : await shrink(image, width, height);
    return { data, width, height };
  });
}

/**
 * Opens an image under the rules above and hands it on with its size as it is meant to be seen.
 * `image` is upright and refuses damage; what reads it decides about colour and size.
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
    // The same bytes can look like two formats to two readers; sharp's answer has to be ours.
    if (metadata.format !== file.format) {
      throw new BadImage('corrupt', `The ${file.format} reads as ${metadata.format}`);
    }
    checkSize(metadata);
    const decode = () => read(image.timeout({ seconds: 60 }), metadata.autoOrient).catch(refuse);
    return wholeBytes(metadata) > 0 ? wholeDecoders(decode) : decode();
  });
}

function checkSize(metadata: Metadata): void {
  const { width, height } = metadata;
  const size = `${width} × ${height} pixels`;
  if (width * height > limitInputPixels) throw new BadImage('too_large', `${size} are more than 50 million`);
  if (wholeBytes(metadata) > limitWholeBytes) {
    throw new BadImage('too_large', `${size} would have to be held in memory whole (interlaced, or WebP)`);
  }
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < 32 || long > 10 * short) {
    throw new BadImage('bad_shape', `${size} are no photograph: a side under 32, or over 10 : 1`);
  }
}

/** Most files are decoded row by row. What the others take was measured: 2 bytes a coefficient, 8 a pixel. */
function wholeBytes({ format, isProgressive, width, height, channels, depth }: Metadata): number {
  if (format === 'webp') return 8 * width * height;
  if (!isProgressive) return 0;
  return width * height * channels * (format === 'jpeg' || depth === 'ushort' ? 2 : 1);
}

/** sharp's own complaints are about the bytes: what it says is kept, one line of it. */
function refuse(error: Error): never {
  if (error instanceof BadImage || error.name === 'AbortError') throw error;
  const line = error.message.split('\n')[0]?.slice(0, 200) ?? '';
  if (/timeout/i.test(line))
    throw new BadImage('too_slow', `Decoding was given up: ${line}`, { cause: error });
  if (/exceeds pixel limit/i.test(line)) throw new BadImage('too_large', line, { cause: error });
  const reason = /premature end|truncat/i.test(line) ? 'truncated' : 'corrupt';
  throw new BadImage(reason, `The image does not decode: ${line}`, { cause: error });
}

const toRgb = (image: Sharp) =>
  image.flatten({ background: 'white' }).toColourspace('srgb').raw({ depth: 'uchar' });

async function shrink(image: Sharp, width: number, height: number): Promise<Uint8Array> {
  const crop = centreCrop(width, height, side);
  // The decoder may shrink while it decodes, but leaves a factor of two for the bicubic filter: the fast mode
  // leaves none, and is four times further from the exact result.
  return toRgb(
    image
      .resize(crop.resizedWidth, crop.resizedHeight, {
        fit: 'fill',
        kernel: 'cubic',
        fastShrinkOnLoad: false,
      })
      .extract({ left: crop.left, top: crop.top, width: side, height: side }),
  ).toBuffer();
}

/** sharp enlarges half a pixel off (measured: 10 levels of 255 on average), so small images are done here. */
async function enlarge(image: Sharp): Promise<Uint8Array> {
  const { data, info } = await toRgb(image).toBuffer({ resolveWithObject: true });
  return resizeBicubic(data, info.width, info.height, centreCrop(info.width, info.height, side));
}
