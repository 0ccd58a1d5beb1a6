/**
 * The naive way, in a separate process since it blocks: one image after another through transformers.js's own reader,
 * processor and models, with one INSERT per row. Takes its settings as one JSON argument, and answers each list of
 * files with the seconds it took.
 */
import { readFile } from 'node:fs/promises';
import {
  AutoProcessor,
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  RawImage,
} from '@huggingface/transformers';
import { createPool } from '@mycelium/database';
import { fuse } from '@mycelium/encoder';

const { model, dtype, databaseUrl, text } = JSON.parse(process.argv[2] ?? '{}');
env.allowRemoteModels = false;
const processor = await AutoProcessor.from_pretrained(model);
const tokenizer = await AutoTokenizer.from_pretrained(model);
const visionTower = await CLIPVisionModelWithProjection.from_pretrained(model, { dtype, device: 'cpu' });
const textTower = await CLIPTextModelWithProjection.from_pretrained(model, { dtype, device: 'cpu' });
const pool = createPool(databaseUrl, { name: 'naive', max: 1 });
await pool.query(
  'create table if not exists naive (key text, image_vector vector(512), fused_vector vector(512))',
);
const print = (vector: Float32Array) => `[${vector.join(',')}]`;

process.on('message', async (files: string[]) => {
  const start = performance.now();
  for (const file of files) {
    const image = await RawImage.fromBlob(new Blob([await readFile(file)]));
    const { image_embeds } = await visionTower(await processor(image));
    const { text_embeds } = await textTower(tokenizer([text], { padding: true, truncation: true }));
    await pool.query('insert into naive (key, image_vector, fused_vector) values ($1, $2, $3)', [
      file,
      print(image_embeds.data),
      print(fuse(image_embeds.data, text_embeds.data)),
    ]);
  }
  process.send?.((performance.now() - start) / 1_000);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
