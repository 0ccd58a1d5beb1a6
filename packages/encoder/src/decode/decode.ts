import type { Sharp } from 'sharp';
import { centreCrop, resizeBicubic } from './bicubic.ts';
import { withImage } from './open-image.ts';
import { side } from './preprocess.ts';

export interface Pixels {
  /** RGB, 8 bits, row by row: 224 × 224 × 3 bytes. */
  data: Uint8Array;
  /** The size of the whole upright image. */
  width: number;
  height: number;
}

/**
 * Turns a file into the pixels that CLIP reads, for the index and for queries alike: upright, sRGB, the short side
 * resized to 224 with antialiased bicubic, cropped to the centre. Transparency becomes white.
 * @throws PermanentError when the bytes can never be decoded
 */
export async function decodeImage(bytes: Buffer, signal?: AbortSignal): Promise<Pixels> {
  return withImage(bytes, signal, async (image, { width, height }) => {
    const data = width < side || height < side ? await enlarge(image) : await shrink(image, width, height);
    return { data, width, height };
  });
}

const toRgb = (image: Sharp) =>
  image.flatten({ background: 'white' }).toColourspace('srgb').raw({ depth: 'uchar' });

async function shrink(image: Sharp, width: number, height: number): Promise<Uint8Array> {
  const crop = centreCrop(width, height, side);
  // The decoder may shrink while decoding, but leaves a factor of two for the bicubic filter. The fast mode leaves
  // none, and its result is four times less exact.
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

/** sharp enlarges half a pixel off (10 of 255 levels on average, measured), so small images are enlarged here. */
async function enlarge(image: Sharp): Promise<Uint8Array> {
  const { data, info } = await toRgb(image).toBuffer({ resolveWithObject: true });
  return resizeBicubic(data, info.width, info.height, centreCrop(info.width, info.height, side));
}
