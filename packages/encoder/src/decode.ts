import { availableParallelism } from 'node:os';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { BadImage } from './bad-image.ts';
import { centreCrop, resizeBicubic } from './bicubic.ts';
import { imageFormat } from './image-format.ts';
import { createLimit } from './limit.ts';
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
/** Progressive JPEGs and interlaced PNGs are held in memory whole, up to 400 MB: never two at once. */
const wholeDecoders = createLimit(1);

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
  const format = imageFormat(bytes);
  return decoders(async () => {
    signal?.throwIfAborted();
    const image = sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels });
    const metadata = await image.metadata().catch(refuse);
    // The same bytes can look like two formats to two readers; sharp's answer has to be ours.
    if (metadata.format !== format)
      throw new BadImage('corrupt', `The ${format} reads as ${metadata.format}`);
    const size = checkSize(metadata);
    const decode = () => read(image.timeout({ seconds: 60 }), size).catch(refuse);
    return metadata.isProgressive ? wholeDecoders(decode) : decode();
  });
}

function checkSize({ width, height, autoOrient }: Metadata) {
  if (width * height > limitInputPixels) {
    throw new BadImage('too_large', `${width} × ${height} pixels are more than 50 million`);
  }
  const [short, long] = [Math.min(width, height), Math.max(width, height)];
  if (short < 32 || long > 10 * short) {
    throw new BadImage('bad_shape', `${width} × ${height} is no photograph: a side under 32, or over 10 : 1`);
  }
  return autoOrient;
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
