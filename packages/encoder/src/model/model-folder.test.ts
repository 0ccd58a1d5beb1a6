import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createRandomClip } from '../testing/random-clip.ts';
import { modelPath, openModel, probeModel, verifyModel } from './model-folder.ts';
import { modelKey } from './model-id.ts';
import { listModels } from './model-list.ts';

async function tinyModel(t: TestContext) {
  const modelDir = await mkdtemp(join(tmpdir(), 'models-'));
  t.after(() => rm(modelDir, { recursive: true, force: true }));
  const dir = join(modelDir, 'farm', 'tiny');
  await mkdir(dir, { recursive: true });
  await createRandomClip(dir, { size: 'tiny', dtype: 'fp32', seed: 1 });
  return { modelDir, dir };
}

async function change(dir: string, file: string, fields: Record<string, unknown>) {
  const json = JSON.parse(await readFile(join(dir, file), 'utf8'));
  await writeFile(join(dir, file), JSON.stringify({ ...json, ...fields }));
}

test('a model is a folder, or a hub id below MODEL_DIR with or without its revision', () => {
  const modelDir = '/models';
  assert.equal(modelPath({ model: '/srv/clip', modelDir }), '/srv/clip');
  assert.equal(
    modelPath({ model: 'Xenova/clip-vit-base-patch32', modelDir }),
    '/models/Xenova/clip-vit-base-patch32',
  );
  assert.equal(modelPath({ model: 'a/b@main', modelDir }), '/models/a/b');
  assert.equal(modelPath({ model: 'a/b@refs/pr/1', modelDir }), '/models/a/b@refs--pr--1');
  assert.ok(modelPath({ model: '../a/b', modelDir }).endsWith('/a/b'));
  assert.ok(!modelPath({ model: 'a/../../etc', modelDir }).startsWith('/models'));
});

test('a model is identified by name, revision, precision and the hash of its weights', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  const id = await probeModel({ model: 'farm/tiny', modelDir, dtype: 'fp32' });
  assert.match(id.hash, /^[0-9a-f]{8}$/);
  assert.deepEqual(
    { ...id, hash: '' },
    { name: 'tiny', revision: 'local', dtype: 'fp32', hash: '', demo: false, dimensions: 512 },
  );
  assert.equal(modelKey(id), `tiny@local/fp32#${id.hash}`);

  await createRandomClip(dir, { size: 'tiny', dtype: 'fp32', seed: 2 });
  assert.notEqual((await probeModel({ model: dir, modelDir, dtype: 'fp32' })).hash, id.hash);
});

test('a demo model is marked in its key', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  await change(dir, 'config.json', { mycelium_demo: true });
  const id = await probeModel({ model: dir, modelDir, dtype: 'fp32' });
  assert.equal(id.demo, true);
  assert.match(modelKey(id), /^demo:tiny@local\/fp32#/);
});

test('weights are hashed once, or each time with the same result if the note cannot be written', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  const choice = { model: dir, modelDir, dtype: 'fp32' } as const;
  const first = await probeModel(choice);
  const note = await readFile(join(dir, '.mycelium-hashes.json'), 'utf8');
  assert.deepEqual(await probeModel(choice), first);
  assert.equal(await readFile(join(dir, '.mycelium-hashes.json'), 'utf8'), note);

  // A folder in place of the note, which makes it unreadable and unwritable.
  await rm(join(dir, '.mycelium-hashes.json'));
  await mkdir(join(dir, '.mycelium-hashes.json'));
  assert.deepEqual(await probeModel(choice), first);
});

test('verifyModel finds weights that changed without a change of size or time', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  const choice = { model: dir, modelDir, dtype: 'fp32' } as const;
  const file = join(dir, 'onnx', 'text_model.onnx');
  const time = new Date('2026-03-01T00:00:00Z');
  await utimes(file, time, time);
  const id = await verifyModel(choice);

  const bytes = await readFile(file);
  bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
  await writeFile(file, bytes);
  await utimes(file, time, time);
  assert.deepEqual(await probeModel(choice), id);
  await assert.rejects(verifyModel(choice), /onnx\/text_model\.onnx in .* cannot be trusted/);
});

test('an unsuitable model is refused with the reason', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  const refused = (expected: RegExp, dtype: 'fp32' | 'q8' = 'fp32', model = dir) =>
    assert.rejects(openModel({ model, modelDir, dtype }), (error: Error) => {
      assert.ok('reason' in error && error.reason === 'model');
      assert.match(error.message, expected);
      return true;
    });
  const config = await readFile(join(dir, 'config.json'));

  await refused(/onnx\/vision_model_quantized\.onnx.*missing.*models fetch/, 'q8');
  await refused(/config\.json, preprocessor_config\.json/, 'fp32', 'nobody/nothing');
  await change(dir, 'config.json', { projection_dim: 768 });
  await refused(/768 dimensions; expected 512/);
  await change(dir, 'config.json', { model_type: 'bert' });
  await refused(/of type bert; expected clip/);
  await writeFile(join(dir, 'config.json'), '{');
  await refused(/config\.json is not valid/);
  await writeFile(join(dir, 'config.json'), config);
  await change(dir, 'preprocessor_config.json', { size: { shortest_edge: 336 } });
  await refused(/preprocessor_config\.json is not valid.*224/s);
});

test('models are listed with their precisions and problems', async (t) => {
  const { modelDir, dir } = await tinyModel(t);
  await createRandomClip(dir, { size: 'tiny', dtype: 'q8', seed: 1 });
  await cp(dir, join(modelDir, 'farm', 'wide'), { recursive: true });
  await change(join(modelDir, 'farm', 'wide'), 'config.json', { projection_dim: 768 });
  await mkdir(join(modelDir, '.fetching', 'half'), { recursive: true });
  const [tiny, wide, ...others] = await listModels(modelDir);
  assert.deepEqual(tiny, { model: 'farm/tiny', dir, dtypes: ['fp32', 'q8'], demo: false });
  assert.match(wide?.problem ?? '', /768/);
  assert.deepEqual(others, []);
  assert.deepEqual(await listModels(join(modelDir, 'nowhere')), []);
});
