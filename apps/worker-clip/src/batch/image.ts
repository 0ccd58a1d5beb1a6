import type { RecordedImage, Replacement } from '@mycelium/database';
import type { RunContext } from '@mycelium/queue';
import type { ClipContext } from '../context.ts';

/** What a batch knows about an image before reading the picture. Only recorded images have an etag and a size. */
export type Image = Pick<RecordedImage, 'key' | 'room' | 'capturedAt' | 'growthDay' | 'stage'> & {
  etag?: string;
  bytes?: number;
};

/** An image without a vector. */
export interface Failure {
  key: string;
  room: string;
  reason: string;
  detail: string;
  /** The version to quarantine; undefined when the picture is fine. */
  quarantine?: { etag: string; bytes: number };
}

/** A batch in progress. Each stage returns the images to continue with and adds the others to `failures`. */
export interface Batch extends ClipContext, RunContext {
  failures: Failure[];
  /** Images that needed no work. */
  skipped: Pick<Image, 'room'>[];
  /** Pictures whose etag is no longer the one in their row. */
  replaced: Replacement[];
}
