/**
 * The naive way, in a process of its own since it blocks it: one image after another through transformers.js's own
 * reader, processor and model, one INSERT a row. Told by one JSON argument; answers each list of files with the
 * seconds it took.
 */
import { readFile } from 'node:fs/promises';
import { AutoProcessor, CLIPVisionModelWithProjection, env, RawImage } from '@huggingface/transformers';
import { createPool } from '@mycelium/database';

const { model, dtype, databaseUrl } = JSON.parse(process.argv[2] ?? '{}');
env.allowRemoteModels = false;
const processor = await AutoProcessor.from_pretrained(model);
const vision = await CLIPVisionModelWithProjection.from_pretrained(model, { dtype, device: 'cpu' });
const pool = createPool(databaseUrl, { name: 'naive', max: 1 });
await pool.query('create table if not exists naive (key text, vector vector(512))');

process.on('message', async (files: string[]) => {
  const start = performance.now();
  for (const file of files) {
    const image = await RawImage.fromBlob(new Blob([await readFile(file)]));
    const { image_embeds } = await vision(await processor(image));
    const vector = `[${Array.from(image_embeds.data).join(',')}]`;
    await pool.query('insert into naive (key, vector) values ($1, $2)', [file, vector]);
  }
  process.send?.((performance.now() - start) / 1_000);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
