import type { dimensions } from '../fusion/fuse.ts';
import type { Dtype } from './model-files.ts';

/** Identifies the model of a vector. Vectors of different models are never compared. */
export interface ModelId {
  /** The name on the hub, such as `Xenova/clip-vit-base-patch32`, or the name of a folder. */
  name: string;
  /** A branch, tag or commit of the hub; `local` when it was not fetched from one. */
  revision: string;
  dtype: Dtype;
  /** The first eight hexadecimal digits of a SHA-256 over the weights. */
  hash: string;
  /** For trying out the system: the vectors mean little or nothing. */
  demo: boolean;
  dimensions: typeof dimensions;
}

/** `Xenova/clip-vit-base-patch32@main/q8#1a2b3c4d`; a demo model's begins with `demo:`. */
export function modelKey({ name, revision, dtype, hash, demo }: ModelId): string {
  return `${demo ? 'demo:' : ''}${name}@${revision}/${dtype}#${hash}`;
}
