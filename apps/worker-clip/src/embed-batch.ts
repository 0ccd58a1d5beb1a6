import type { Handler } from '@mycelium/queue';
import { countImages } from '@mycelium/telemetry';
import { batchReport } from './batch/batch-report.ts';
import { decodePictures } from './batch/decode-pictures.ts';
import { embedOneByOne } from './batch/embed-one-by-one.ts';
import { imagesFromKeys, imagesFromRows } from './batch/find-images.ts';
import type { Batch, Image } from './batch/image.ts';
import { saveVectors } from './batch/save-vectors.ts';
import { addClimate, embedIdentities, embedPictures, fuseVectors } from './batch/vectors.ts';
import type { ClipContext } from './context.ts';

/** Takes a batch of images from their rows to their vectors. A bad image is quarantined; the others continue. */
export const embedBatch: Handler<'embed_batch', ClipContext> = async (payload, context) => {
  const { keys, save, onlyPending } = payload;
  // This is chance, or an image that kills any process that opens it. One by one, only the poison image is
  // dead-lettered.
  if (context.deaths >= 2 && keys.length > 1) return embedOneByOne(payload, context);
  const batch: Batch = { ...context, failures: [], skipped: [], replaced: [] };

  const done = save
    ? await saveVectors(await embed(await imagesFromRows(keys, batch, { onlyPending }), batch), batch)
    : await embed(imagesFromKeys(keys, batch), batch);

  const report = batchReport(done, batch);
  countImages(report.rooms);
  return report;
};

async function embed<I extends Image>(images: I[], batch: Batch) {
  const pictures = await decodePictures(images, batch);
  const seen = await embedPictures(pictures, batch);
  const placed = await addClimate(seen, batch);
  const described = await embedIdentities(placed, batch);
  return described.map(fuseVectors);
}
