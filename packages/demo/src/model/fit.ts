import type { Concept } from './concepts.ts';
import {
  cholesky,
  crossProduct,
  diagonal,
  type Matrix,
  matrix,
  product,
  solve,
  solveLower,
  sum,
  transposed,
} from './matrix.ts';

/** One scene: the features of its picture and of changed copies, and the meaning of its caption. */
export interface Sample {
  /** One per copy, the same number for every scene. */
  copies: readonly Float32Array[];
  meaning: Concept;
}

/** features · weights + bias */
export interface AffineMap {
  weights: Matrix;
  bias: Float64Array;
}

export interface Fit {
  /** Features → the meaning of the picture's caption. */
  meaning: AffineMap;
  /** Features → what distinguishes this picture from all others, even after changes. */
  identity: AffineMap;
}

/** The penalty for a meaning that changes when a picture is mirrored, brightened or cropped. */
const STEADINESS = 200;
const MEANING_RIDGE = 1e-2;
const IDENTITY_RIDGE = 1e-3;

/**
 * Fits both maps in closed form. X are the standardised features of all copies, S their scatter around their scene's
 * mean, B the scatter of the scenes' means.
 *
 * Meaning: ridge regression to the captions' vectors Y, (XᵀX/n + 200 S + λ)⁻¹ XᵀY/n.
 * Identity: L⁻¹ with L Lᵀ = S + λ makes all directions in which copies of one picture differ equally short (the
 * whitening of Fisher's discriminant); with B' = L⁻¹ B L⁻ᵀ, the factor B' (B' + ½)⁻¹ then leaves out those in which
 * scenes do not differ either.
 */
export function fit(samples: readonly Sample[], meaningDimensions: number): Fit {
  const raw = samples.flatMap(({ copies }) => copies);
  const perScene = raw.length / samples.length;
  const { mean, deviation } = standard(raw);
  const size = mean.length;
  const standardised = matrix(
    raw.length,
    size,
    (row, i) => (((raw[row] as Float32Array)[i] as number) - (mean[i] as number)) / (deviation[i] as number),
  );
  const scenes = matrix(samples.length, size, (scene, i) => {
    let total = 0;
    for (let copy = 0; copy < perScene; copy++) {
      total += standardised.values[(scene * perScene + copy) * size + i] as number;
    }
    return total / perScene;
  });
  const all = crossProduct(standardised, standardised);
  const centres = crossProduct(scenes, scenes);
  const within = 1 / (raw.length - samples.length);
  const scatter = sum([within, all], [-perScene * within, centres]);
  const one = diagonal(size, 1);

  const meanMeaning = Float64Array.from(
    { length: meaningDimensions },
    (_, i) => samples.reduce((total, { meaning }) => total + (meaning[i] as number), 0) / samples.length,
  );
  const meanings = matrix(
    samples.length,
    meaningDimensions,
    (scene, i) => ((samples[scene] as Sample).meaning[i] as number) - (meanMeaning[i] as number),
  );
  const meaning = solve(
    sum([1 / raw.length, all], [STEADINESS, scatter], [MEANING_RIDGE, one]),
    sum([1 / samples.length, crossProduct(scenes, meanings)]),
  );

  const whitening = solveLower(cholesky(sum([1, scatter], [IDENTITY_RIDGE, one])), one);
  const between = product(product(whitening, sum([1 / samples.length, centres])), transposed(whitening));
  const identity = sum([1, whitening], [-0.5, solve(sum([1, between], [0.5, one]), whitening)]);

  return {
    meaning: onRawFeatures(meaning, meanMeaning),
    identity: onRawFeatures(transposed(identity), new Float64Array(size)),
  };

  /** Includes the standardisation, so that the model needs only one multiplication. */
  function onRawFeatures(weights: Matrix, offset: Float64Array): AffineMap {
    const scaled = matrix(
      weights.rows,
      weights.columns,
      (row, column) =>
        (weights.values[row * weights.columns + column] as number) / (deviation[row] as number),
    );
    const shift = product({ rows: 1, columns: size, values: mean }, scaled);
    return { weights: scaled, bias: offset.map((value, i) => value - (shift.values[i] as number)) };
  }
}

function standard(rows: readonly Float32Array[]): { mean: Float64Array; deviation: Float64Array } {
  const size = rows[0]?.length ?? 0;
  const mean = new Float64Array(size);
  const square = new Float64Array(size);
  for (const row of rows) {
    for (let i = 0; i < size; i++) {
      mean[i] = (mean[i] as number) + (row[i] as number) / rows.length;
      square[i] = (square[i] as number) + (row[i] as number) ** 2 / rows.length;
    }
  }
  // A constant feature contains no information and must not be scaled up.
  const deviation = square.map((value, i) => Math.sqrt(Math.max(0, value - (mean[i] as number) ** 2)) + 1e-6);
  return { mean, deviation };
}
