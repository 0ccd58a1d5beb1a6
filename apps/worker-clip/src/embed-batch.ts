import { availableParallelism } from 'node:os';
import {
  commit,
  environmentAt,
  imageIds,
  quarantine,
  upsertEmbeddings,
  wantDescriptions,
} from '@mycelium/database';
import { BadImage, decodeImage, fuse, fusionText, identityText, type Pixels } from '@mycelium/encoder';
import { type ImageKey, parseImageKey } from '@mycelium/farm';
import type { Handler, Payload, Result, RunContext } from '@mycelium/queue';
import { ObjectNotFound } from '@mycelium/storage';
import { countImages, inSpan, timeStage } from '@mycelium/telemetry';
import pLimit from 'p-limit';
import type { ClipContext } from './context.ts';

/** Of all batches of this process: files enough under way to hide a slow store, and few enough to hold in memory. */
const opening = pLimit(8 * availableParallelism());

/** Follows a batch of images from their keys to their rows. One bad image is set aside; the others go on. */
export const embedBatch: Handler<'embed_batch', ClipContext> = async ({ keys, save }, context) => {
  // Chance, or an image that kills who opens it: each on its own, so that only a deadly one is set aside.
  if (context.deaths >= 2 && keys.length > 1) return embedOneByOne({ keys, save }, context);
  const { pool, store, encoder, model, aliases, captioner, queues, run, signal } = context;

  const images = keys.map((key) => parseImageKey(key, { timeZone: run.timeZone, aliases }));
  const decoded = await timeStage('decode', images.length, () =>
    Promise.all(
      images.map((image) =>
        inSpan('image', { 'image.key': image.key }, () => opening(() => readImage(image))),
      ),
    ),
  );
  const good = decoded.filter((each) => 'pixels' in each);
  const bad = decoded.filter((each) => 'reason' in each);

  const pixels = good.map((each) => each.pixels);
  const imageVectors = await timeStage('embed-image', good.length, () => encoder.embedImages(pixels, signal));
  const environments = await environmentAt(
    pool,
    good.map(({ image }) => ({ room: image.room, at: image.capturedAt })),
  );
  const texts = good.map(({ image }, n) => {
    const identity = identityText({ ...image, climate: environments[n] });
    return { said: identity, ...fusionText({ identity }, encoder.countTokens) };
  });
  const used = texts.map((text) => text.used);
  const textVectors = await timeStage('embed-text', used.length, () => encoder.embedTexts(used, signal));

  if (save) {
    const known = await imageIds(pool, keys);
    await commit(pool, run.lease, async (tx) => {
      const rows = good.flatMap(({ image }, n) => {
        const stored = known.get(image.key);
        const [imageVector, textVector, text] = [imageVectors[n], textVectors[n], texts[n]];
        if (!stored || !imageVector || !textVector || !text) return [];
        return {
          imageId: stored.id,
          etag: stored.etag,
          imageVector,
          fusedVector: fuse(imageVector, textVector),
          madeFrom: 'identity' as const,
          textUsed: text.used,
          textCut: text.cut,
          identityText: text.said,
          environment: environments[n] ?? {},
        };
      });
      await upsertEmbeddings(tx, model.id, rows);
      if (captioner)
        await wantDescriptions(
          tx,
          model.id,
          rows.map(({ imageId }) => imageId),
        );
      await quarantine(
        tx,
        bad.map(({ image, ...why }) => ({ key: image.key, etag: known.get(image.key)?.etag ?? '', ...why })),
      );
    });
  }
  // Vectors never wait for a description: it is fused later.
  const described = good.map(({ image }) => image.key);
  if (save && captioner && described.length > 0) await queues.enqueue('describe_batch', { keys: described });
  const told = report(
    good.map(({ image }) => image),
    bad,
  );
  countImages(told.rooms);
  return told;

  async function readImage(image: ImageKey): Promise<{ image: ImageKey; pixels: Pixels } | Bad> {
    let bytes: Buffer | undefined;
    try {
      ({ bytes } = await store.read(image.key, signal));
      return { image, pixels: await decodeImage(bytes, signal) };
    } catch (error) {
      if (error instanceof BadImage)
        return { image, reason: error.reason, detail: error.message, bytes: bytes?.length ?? 0 };
      if (error instanceof ObjectNotFound)
        return { image, reason: 'missing', detail: error.message, bytes: 0 };
      throw error; // the store is down, or the worker stops: the whole batch is tried again
    }
  }
};

async function embedOneByOne(
  { keys, save }: Payload<'embed_batch'>,
  { fanOut }: RunContext,
): Promise<Result<'embed_batch'>> {
  const { results } = await fanOut('embed_batch', async (add) => {
    const plan = { images: keys.length };
    await add(
      keys.map((key) => ({ keys: [key], save })),
      plan,
    );
    return plan;
  });
  const rooms: Result<'embed_batch'>['rooms'] = {};
  for (const [room, { total, succeeded, failed, skipped }] of results.flatMap((told) =>
    Object.entries(told.rooms),
  )) {
    rooms[room] ??= { total: 0, succeeded: 0, failed: 0, skipped: 0 };
    rooms[room].total += total;
    rooms[room].succeeded += succeeded;
    rooms[room].failed += failed;
    rooms[room].skipped += skipped;
  }
  return { rooms, failures: results.flatMap(({ failures }) => failures) };
}

interface Bad {
  image: ImageKey;
  reason: string;
  detail: string;
  bytes: number;
}

function report(good: ImageKey[], bad: Bad[]): Result<'embed_batch'> {
  const rooms: Result<'embed_batch'>['rooms'] = {};
  const count = (room: string) => {
    rooms[room] ??= { total: 0, succeeded: 0, failed: 0, skipped: 0 };
    rooms[room].total++;
    return rooms[room];
  };
  for (const { room } of good) count(room).succeeded++;
  for (const { image } of bad) count(image.room).failed++;
  return { rooms, failures: bad.map(({ image, reason }) => ({ key: image.key, reason })) };
}
