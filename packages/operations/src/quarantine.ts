import {
  audit,
  imageIds,
  listQuarantine,
  releaseFromQuarantine as release,
  upsertImages,
} from '@mycelium/database';
import { PermanentError, parseImageKey, readImageKey } from '@mycelium/farm';
import { imageJobs } from '@mycelium/queue';
import { enqueueOnce } from './enqueue-once.ts';
import type { Operations } from './operations.ts';

/** The number of images in a batch of the nightly run. */
const batchSize = 20;

export interface Released {
  /** Keys that are no longer quarantined. */
  released: string[];
  /** How many of them are queued to be embedded; the others are missing from the store. */
  queued: number;
  /** Keys that stay quarantined, because no run could read them. */
  left: { key: string; reason: string }[];
  /** Keys that are not quarantined. */
  unknown: string[];
}

/**
 * Releases images and queues them to be embedded, in batches. The rows are deleted first, in one transaction: if a
 * crash prevents the queueing, the images are simply missing a vector, and the next backfill finds them.
 */
export async function releaseFromQuarantine(
  ops: Operations,
  { keys }: { keys?: string[] | undefined },
): Promise<Released> {
  const { pool, queues, actor } = ops;
  const held = await listQuarantine(pool, { limit: 1_000_000, ...(keys && { keys }) });
  const unknown = (keys ?? []).filter((key) => !held.some((row) => row.key === key));
  const left: Released['left'] = [];
  const readable = held.filter(({ key }) => {
    const reason = whyUnreadable(ops, key);
    if (reason) left.push({ key, reason });
    return !reason;
  });
  if (readable.length === 0) return { released: [], queued: 0, left, unknown };

  const readableKeys = readable.map(({ key }) => key);
  const detail = { keys: readableKeys.slice(0, 100), left: left.length };
  await audit(pool, {
    actor,
    action: 'quarantine retry',
    subject: `${readableKeys.length} images`,
    detail,
  });
  await recordUnrecorded(ops, readableKeys);
  const released = await release(pool, readableKeys);
  // Sorted, so that the same images make the same batches, whatever their order in the request.
  const images = [...(await imageIds(pool, released)).keys()].sort();
  for (let at = 0; at < images.length; at += batchSize) {
    const payload = { keys: images.slice(at, at + batchSize) };
    await enqueueOnce(queues, imageJobs.batch, payload, { prefix: 'release', by: ops.by });
  }
  return { released, queued: images.length, left, unknown };
}

function whyUnreadable({ timeZone, aliases }: Operations, key: string): string | undefined {
  const image = readImageKey(key, { timeZone, aliases });
  return image instanceof PermanentError ? image.reason : undefined;
}

/** A key that could not be read when it was quarantined has no image row; a batch needs one. */
async function recordUnrecorded({ pool, store, timeZone, aliases }: Operations, keys: string[]) {
  if (!store) return;
  const known = await imageIds(pool, keys);
  const unrecorded = keys.filter((key) => !known.has(key));
  for (let at = 0; at < unrecorded.length; at += batchSize) {
    const objects = await Promise.all(unrecorded.slice(at, at + batchSize).map((key) => store.stat(key)));
    const images = objects.flatMap((object) =>
      object
        ? {
            ...parseImageKey(object.key, { timeZone, aliases }, object.modifiedAt),
            etag: object.etag,
            bytes: object.size,
          }
        : [],
    );
    if (images.length > 0) await upsertImages(pool, images);
  }
}
