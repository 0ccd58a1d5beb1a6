import type { Normalisation } from '../decode/preprocess.ts';

/** Where inference runs. */
export type Device = 'cpu' | 'cuda';

export interface LoadMessage {
  kind: 'load';
  dir: string;
  dtype: string;
  /** Tried in this order. */
  devices: Device[];
  threads: number;
  normalisation: Normalisation;
}

/** A request to the model process, which answers one at a time. */
export type Request =
  | LoadMessage
  /** RGB bytes of all images, concatenated. */
  | { kind: 'images'; pixels: Uint8Array }
  | { kind: 'texts'; texts: string[] };

export type Reply =
  | { kind: 'loaded'; device: Device /** Why an earlier device was not used. */; reason: string }
  /** 512 values for each image or text, concatenated, and the process's memory in bytes. */
  | { kind: 'vectors'; vectors: Float32Array; rss: number }
  | { kind: 'failed'; message: string };
