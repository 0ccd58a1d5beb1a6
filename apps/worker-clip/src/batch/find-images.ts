import { badKeyReason, pendingKeys, type RecordedImage, recordedImages } from '@mycelium/database';
import { type ImageKey, isRoom, PermanentError, readImageKey, realRoom } from '@mycelium/farm';
import type { Batch } from './image.ts';

/**
 * Loads the images of the keys from their rows. A key without a row fails.
 * @param onlyPending skip images that have a vector. A run has planned only pending ones, and its report counts those
 *   that a batch embeds again after its worker died
 */
export async function imagesFromRows(
  keys: string[],
  batch: Batch,
  { onlyPending }: { onlyPending: boolean },
): Promise<RecordedImage[]> {
  const images = await recordedImages(batch.pool, keys);
  const found = new Set(images.map(({ key }) => key));
  for (const key of keys) {
    if (!found.has(key) && parse(key, batch)) {
      const detail = 'the image has no row: it was deleted, or never recorded';
      batch.failures.push({ key, room: roomFolder(key, batch), reason: 'not_recorded', detail });
    }
  }
  if (!onlyPending) return images;
  const pending = new Set(await pendingKeys(batch.pool, keys, batch.model.id));
  batch.skipped.push(...images.filter(({ key }) => !pending.has(key)));
  return images.filter(({ key }) => pending.has(key));
}

/** The images of a batch that saves nothing, for which planning recorded no rows. */
export function imagesFromKeys(keys: string[], batch: Batch): ImageKey[] {
  return keys.flatMap((key) => parse(key, batch) ?? []);
}

/** Undefined for a malformed key, which fails and is quarantined. */
function parse(key: string, batch: Batch): ImageKey | undefined {
  const image = readImageKey(key, { timeZone: batch.run.timeZone, aliases: batch.aliases });
  if (!(image instanceof PermanentError)) return image;
  const failure = { key, room: roomFolder(key, batch), reason: badKeyReason, detail: image.message };
  batch.failures.push({ ...failure, quarantine: { etag: '', bytes: 0 } });
  return undefined;
}

function roomFolder(key: string, { aliases }: Batch): string {
  const [folder = ''] = key.split('/');
  return isRoom(folder) ? realRoom(folder, aliases) : 'unknown';
}
