import { environmentAt } from '@mycelium/database';
import { brightnessOf, type FusionText, fuse, fusionText, identityText } from '@mycelium/encoder';
import { timeStage } from '@mycelium/telemetry';
import type { Decoded } from './decode-pictures.ts';
import type { Batch, Image } from './image.ts';

type Climate = Awaited<ReturnType<typeof environmentAt>>[number];

type Seen<I> = Omit<I, 'pixels'> & { imageVector: Float32Array; brightness: number };
type Placed<I> = I & { environment: Climate };
type Described<I> = I & { identity: string; text: FusionText; textVector: Float32Array };

/** Adds the vector and the brightness of each picture, and drops the pixels, which are no longer needed. */
export async function embedPictures<I extends Image>(
  images: Decoded<I>[],
  { encoder, signal }: Batch,
): Promise<Seen<Decoded<I>>[]> {
  const pictures = images.map(({ pixels }) => pixels);
  const vectors = await timeStage('embed-image', images.length, () => encoder.embedImages(pictures, signal));
  return images.map(({ pixels, ...image }, n) => ({
    ...image,
    imageVector: vectors[n] as Float32Array,
    brightness: brightnessOf(pixels),
  }));
}

/** Adds the climate of each image's room at the time of capture. */
export async function addClimate<I extends Pick<Image, 'room' | 'capturedAt'>>(
  images: I[],
  { pool }: Batch,
): Promise<Placed<I>[]> {
  const captures = images.map(({ room, capturedAt }) => ({ room, at: capturedAt }));
  const environments = await environmentAt(pool, captures);
  return images.map((image, n) => ({ ...image, environment: environments[n] as Climate }));
}

/** Adds the identity text of each image and its vector. A description is fused later. */
export async function embedIdentities<I extends Placed<Pick<Image, 'room' | 'growthDay' | 'stage'>>>(
  images: I[],
  { encoder, signal }: Batch,
): Promise<Described<I>[]> {
  const texts = images.map((image) => {
    const identity = identityText({ ...image, climate: image.environment });
    return { identity, text: fusionText({ identity }, encoder.countTokens) };
  });
  const used = texts.map(({ text }) => text.used);
  const vectors = await timeStage('embed-text', used.length, () => encoder.embedTexts(used, signal));
  return images.map((image, n) => ({
    ...image,
    ...(texts[n] as (typeof texts)[number]),
    textVector: vectors[n] as Float32Array,
  }));
}

export function fuseVectors<I extends { imageVector: Float32Array; textVector: Float32Array }>(
  image: I,
): I & { fusedVector: Float32Array } {
  return { ...image, fusedVector: fuse(image.imageVector, image.textVector) };
}
