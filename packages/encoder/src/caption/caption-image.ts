import { withImage } from '../decode/open-image.ts';

const shortSide = 960;

/**
 * The picture to send to the captioner: an upright JPEG without the camera's metadata, with a short side of at most
 * 960 pixels.
 * @throws PermanentError
 */
export async function captionImage(bytes: Buffer, signal?: AbortSignal): Promise<Buffer> {
  return withImage(bytes, signal, (image) =>
    image
      .resize({ width: shortSide, height: shortSide, fit: 'outside', withoutEnlargement: true })
      .flatten({ background: 'white' })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .toBuffer(),
  );
}
