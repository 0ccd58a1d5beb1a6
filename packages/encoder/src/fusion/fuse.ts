/** The dimensions of every vector, those of the projection of CLIP ViT-B/32. */
export const dimensions = 512;

const imageShare = 0.7;
const textShare = 0.3;

/**
 * Scales a vector to length one, so that a dot product is a cosine.
 * @throws RangeError for a zero vector, NaN, infinity, or the wrong number of dimensions
 */
export function normalise(vector: Float32Array): Float32Array {
  if (vector.length !== dimensions) {
    throw new RangeError(`A vector has ${vector.length} dimensions; expected ${dimensions}`);
  }
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  if (!(length > 1e-12 && length < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`A vector of length ${length} has no direction`);
  }
  return vector.map((value) => value / length);
}

/**
 * Fuses the vectors of an image and its text: both normalised, 0.7 · image + 0.3 · text, normalised again.
 * @throws RangeError like `normalise`
 */
export function fuse(image: Float32Array, text: Float32Array): Float32Array {
  const ofImage = normalise(image);
  const ofText = normalise(text);
  return normalise(ofImage.map((value, at) => imageShare * value + textShare * (ofText[at] as number)));
}
