import { withImage } from '../decode/open-image.ts';

const shortSide = 960;

/**
 * The picture as it is sent to the captioner: an upright JPEG, its short side at most 960, without the camera's
 * metadata.
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
