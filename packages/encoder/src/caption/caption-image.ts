import { withImage } from '../decode/open-image.ts';

const shortSide = 960;

/**
 * What the captioner is shown: a JPEG, the right way up, its short side at most 960, nothing of the camera's
 * metadata in it.
 * @throws BadImage
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
