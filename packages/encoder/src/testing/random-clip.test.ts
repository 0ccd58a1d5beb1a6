import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  CLIPTextModelWithProjection,
  CLIPTokenizer,
  CLIPVisionModelWithProjection,
  env,
  Tensor,
} from '@huggingface/transformers';
import { seededRandom } from '../random.ts';
import { createRandomClip } from './random-clip.ts';

async function temporaryFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'random-clip-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

for (const dtype of ['fp32', 'q8'] as const) {
  test(`a tiny random CLIP in ${dtype} is loaded and run by transformers.js`, async (t) => {
    const dir = await temporaryFolder(t);
    await createRandomClip(dir, { size: 'tiny', dtype, seed: 1 });
    env.allowRemoteModels = false;
    env.localModelPath = dirname(dir);
    const options = { dtype, local_files_only: true };
    const vision = await CLIPVisionModelWithProjection.from_pretrained(dir, options);
    const text = await CLIPTextModelWithProjection.from_pretrained(dir, options);
    const tokenizer = await CLIPTokenizer.from_pretrained(dir, { local_files_only: true });
    t.after(() => Promise.all([vision.dispose(), text.dispose()]));

    const pixels = Float32Array.from({ length: 2 * 3 * 224 * 224 }, seededRandom(1));
    const { image_embeds: images } = await vision({
      pixel_values: new Tensor('float32', pixels, [2, 3, 224, 224]),
    });
    assert.deepEqual(images.dims, [2, 512]);
    assert.ok(Array.from(images.data as Float32Array).every(Number.isFinite));

    const { text_embeds: texts } = await text(
      tokenizer(['one', 'quite another text 出菇'], { padding: true }),
    );
    assert.deepEqual(texts.dims, [2, 512]);
    assert.notDeepEqual(texts.data.slice(0, 512), texts.data.slice(512));
  });
}

test('the same seed gives the same bytes, and another seed different ones', async (t) => {
  const dir = await temporaryFolder(t);
  const hashOf = async (seed: number) => {
    await createRandomClip(dir, { size: 'tiny', dtype: 'fp32', seed });
    return createHash('sha256')
      .update(await readFile(join(dir, 'onnx/vision_model.onnx')))
      .digest('hex');
  };
  const first = await hashOf(1);
  assert.equal(await hashOf(1), first);
  assert.notEqual(await hashOf(2), first);
});
