import type { RecordedImage, Replacement } from '@mycelium/database';
import type { RunContext } from '@mycelium/queue';
import type { ClipContext } from '../context.ts';

/** What a batch knows of an image before it reads the picture. Only recorded images have an etag. */
export type Image = Pick<RecordedImage, 'key' | 'room' | 'capturedAt' | 'growthDay' | 'stage'> & {
  etag?: string;
};

/** An image without a vector. */
export interface Failure {
  key: string;
  room: string;
  reason: string;
  detail: string;
  /** The version that is quarantined; undefined when nothing is wrong with the picture. */
  quarantine?: { etag: string; bytes: number };
}

/** A batch in progress. Each stage returns the images that continue, and adds those that do not to `failures`. */
export interface Batch extends ClipContext, RunContext {
  failures: Failure[];
  /** Pictures whose etag is no longer the one in their row. */
  replaced: Replacement[];
}
