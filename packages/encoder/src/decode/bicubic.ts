export interface Crop {
  resizedWidth: number;
  resizedHeight: number;
  left: number;
  top: number;
  side: number;
}

/**
 * CLIP's preprocessing: the short side is resized to `side`, the long side in proportion, rounded down, and the
 * centre is cut out (CLIPImageProcessor in Hugging Face transformers).
 */
export function centreCrop(width: number, height: number, side: number): Crop {
  const resizedWidth = width <= height ? side : Math.trunc((side * width) / height);
  const resizedHeight = height <= width ? side : Math.trunc((side * height) / width);
  return {
    resizedWidth,
    resizedHeight,
    left: Math.trunc((resizedWidth - side) / 2),
    top: Math.trunc((resizedHeight - side) / 2),
    side,
  };
}

/** Keys' cubic convolution with a = -0.5, as Pillow's BICUBIC. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  if (x < 2) return ((-0.5 * x + 2.5) * x - 4) * x + 2;
  return 0;
}

/** For each of `count` positions from `first` on: the four source positions and their weights, renormalised at the ends. */
function taps(from: number, to: number, first: number, count: number) {
  return Array.from({ length: count }, (_, place) => {
    const centre = ((first + place + 0.5) * from) / to;
    const low = Math.max(0, Math.floor(centre - 1.5));
    const high = Math.min(from, Math.floor(centre + 2.5));
    const weights = Array.from({ length: high - low }, (_, tap) => cubic(low + tap + 0.5 - centre));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { low, weights: weights.map((weight) => weight / sum) };
  });
}

/** Enlarges RGB pixels by bicubic interpolation and returns the crop: side × side × 3 bytes. Not for shrinking. */
export function resizeBicubic(rgb: Uint8Array, width: number, height: number, crop: Crop): Uint8Array {
  const { side } = crop;
  const columns = taps(width, crop.resizedWidth, crop.left, side);
  const rows = taps(height, crop.resizedHeight, crop.top, side);

  const wide = new Float32Array(side * height * 3);
  for (let y = 0; y < height; y++) {
    for (const [x, { low, weights }] of columns.entries()) {
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let tap = 0; tap < weights.length; tap++) {
          sum += (weights[tap] as number) * (rgb[(y * width + low + tap) * 3 + channel] as number);
        }
        wide[(y * side + x) * 3 + channel] = sum;
      }
    }
  }

  // Uint8ClampedArray rounds and clamps.
  const result = new Uint8ClampedArray(side * side * 3);
  for (const [y, { low, weights }] of rows.entries()) {
    for (let at = 0; at < side * 3; at++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) {
        sum += (weights[tap] as number) * (wide[(low + tap) * side * 3 + at] as number);
      }
      result[y * side * 3 + at] = sum;
    }
  }
  return new Uint8Array(result.buffer);
}
