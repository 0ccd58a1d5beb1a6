import {
  commit,
  type EmbeddingRow,
  quarantine,
  releaseFromQuarantine,
  setBrightness,
  updateReplaced,
  upsertEmbeddings,
  wantDescriptions,
} from '@mycelium/database';
import type { FusionText } from '@mycelium/encoder';
import type { Batch, Image } from './image.ts';

type Embedded = Image &
  Pick<EmbeddingRow, 'etag' | 'imageVector' | 'fusedVector' | 'environment'> & {
    id: number;
    identity: string;
    brightness: number;
    text: FusionText;
  };

/**
 * Commits the vectors and the failures of a batch, then queues descriptions of the saved images, so that vectors never
 * wait for descriptions. An image that was replaced again while it was being embedded fails and stays pending.
 * @returns the images that were saved
 */
export async function saveVectors<I extends Embedded>(images: I[], batch: Batch): Promise<I[]> {
  const { pool, run, model, captioner, failures, replaced, queues } = batch;
  const written = await commit(pool, run.lease, async (tx) => {
    await updateReplaced(tx, replaced);
    await setBrightness(tx, images);
    const ids = await upsertEmbeddings(tx, model.id, images.map(toRow));
    if (captioner) await wantDescriptions(tx, model.id, ids);
    // Once a good version has a vector, the bad version it replaced leaves quarantine.
    const written = new Set(ids);
    await releaseFromQuarantine(
      tx,
      images.flatMap(({ id, key }) => (written.has(id) ? [key] : [])),
    );
    await quarantine(
      tx,
      failures.flatMap(({ key, reason, detail, quarantine: version }) =>
        version ? [{ key, reason, detail, ...version }] : [],
      ),
    );
    return written;
  });
  const saved = images.filter(({ id }) => written.has(id));
  for (const { id, key, room } of images) {
    const detail = 'the image was replaced or deleted while it was embedded; the next run embeds it';
    if (!written.has(id)) failures.push({ key, room, reason: 'replaced', detail });
  }
  if (captioner && saved.length > 0) {
    await queues.enqueue('describe_batch', { keys: saved.map(({ key }) => key) });
  }
  return saved;
}

function toRow({ id, etag, imageVector, fusedVector, text, identity, environment }: Embedded): EmbeddingRow {
  return {
    imageId: id,
    etag,
    imageVector,
    fusedVector,
    madeFrom: 'identity',
    textUsed: text.used,
    textCut: text.cut,
    identityText: identity,
    environment,
  };
}
