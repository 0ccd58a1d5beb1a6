import {
  addDescriptionCost,
  commit,
  type DescriptionCost,
  type DescriptionRow,
  imagesToDescribe,
  settleDescription,
  updateDescriptions,
} from '@mycelium/database';
import { type Captioner, fuse, fusionText, noDescription } from '@mycelium/encoder';
import type { Handler } from '@mycelium/queue';
import { imageFault } from './batch/image-fault.ts';
import type { ClipContext } from './context.ts';

type Context = ClipContext & { captioner: Captioner };

/**
 * Describes a batch of images and fuses the descriptions into their vectors. It commits image by image, so that
 * stopping loses one slow description at most. A failed description is not a failed image.
 */
export const describeBatch: Handler<'describe_batch', Context> = async ({ keys }, context) => {
  const { pool, store, encoder, captioner, model, run, signal, logger, progress } = context;
  const images = await imagesToDescribe(pool, keys, model.id);
  let described = 0;
  const total = { seconds: 0, questionTokens: 0, answerTokens: 0 };
  for (const image of images) {
    const began = performance.now();
    const cost = { seconds: 0, questionTokens: 0, answerTokens: 0 };
    const row = await describe(image, cost);
    cost.seconds = (performance.now() - began) / 1_000;
    await commit(pool, run.lease, async (tx) => {
      if (row) await updateDescriptions(tx, model.id, [row]);
      await addDescriptionCost(tx, image.day, cost, row !== undefined);
      await settleDescription(tx, model.id, image);
    });
    for (const each of ['seconds', 'questionTokens', 'answerTokens'] as const) total[each] += cost[each];
    if (row) described++;
    await progress(described, images.length);
  }
  const { seconds, questionTokens: question, answerTokens: answer } = total;
  const tokens = { question, answer };
  return { described, failed: images.length - described, seconds, tokens };

  async function describe(
    image: (typeof images)[number],
    cost: DescriptionCost,
  ): Promise<DescriptionRow | undefined> {
    try {
      const { bytes, etag } = await store.read(image.key, signal);
      if (etag !== image.etag) throw noDescription('the image was replaced; the next run embeds it');
      const { description, tokens: used } = await captioner.describe(bytes, signal);
      cost.questionTokens = used.question;
      cost.answerTokens = used.answer;
      const text = fusionText(
        { description: description.growth_stage_description, identity: image.identityText },
        encoder.countTokens,
      );
      const [textVector] = await encoder.embedTexts([text.used], signal);
      return {
        imageId: image.imageId,
        etag: image.etag,
        fusedVector: fuse(image.imageVector, textVector as Float32Array),
        textUsed: text.used,
        textCut: text.cut,
        description,
        quality: description.image_quality_score,
      };
    } catch (error) {
      const fault = imageFault(error);
      if (!fault) throw error;
      logger.warn('no description', { key: image.key, error: fault.detail });
      return undefined;
    }
  }
};
