import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AutoTokenizer,
  CLIPTextModelWithProjection,
  CLIPVisionModelWithProjection,
  env,
  Tensor,
} from '@huggingface/transformers';
import type { Pixels } from '../decode/decode.ts';
import { modelKey } from '../model/model-id.ts';
import { seededRandom } from '../random.ts';
import { createRandomClip } from '../testing/random-clip.ts';
import { type EncoderOptions, loadEncoder } from './clip.ts';

const dir = await mkdtemp(join(tmpdir(), 'clip-'));
after(() => rm(dir, { recursive: true, force: true }));
await createRandomClip(dir, { size: 'tiny', dtype: 'fp32', seed: 1 });

async function startEncoder(t: TestContext, options: Partial<EncoderOptions> = {}) {
  const encoder = await loadEncoder({
    model: dir,
    modelDir: dir,
    dtype: 'fp32',
    device: 'cpu',
    threads: 1,
    ...options,
  });
  t.after(() => encoder.close());
  return encoder;
}

function picture(seed: number): Pixels {
  const random = seededRandom(seed);
  return { data: Uint8Array.from({ length: 224 * 224 * 3 }, () => random() * 256), width: 224, height: 224 };
}

const cosine = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  const dot = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Array.from(x).reduce((sum, value, at) => sum + value * (y[at] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** Asserts that the process has ended or ends soon. */
async function assertEnds(pid: number) {
  for (let tries = 0; tries < 1000; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await sleep(10);
  }
  assert.fail(`process ${pid} is still running`);
}

test('image vectors equal those of transformers.js, normalised, in order', async (t) => {
  const encoder = await startEncoder(t);
  assert.equal(encoder.key, modelKey(encoder.id));
  const pictures = Array.from({ length: 20 }, (_, seed) => picture(seed));
  const vectors = await encoder.embedImages(pictures);
  assert.equal(vectors.length, 20);

  env.allowRemoteModels = false;
  const model = await CLIPVisionModelWithProjection.from_pretrained(dir, { dtype: 'fp32', device: 'cpu' });
  t.after(() => model.dispose());
  const [mean, std] = [
    [0.48145466, 0.4578275, 0.40821073],
    [0.26862954, 0.26130258, 0.27577711],
  ];
  for (const at of [0, 7, 8, 19]) {
    const rgb = pictures[at]?.data ?? new Uint8Array();
    const values = new Float32Array(rgb.length);
    for (const [i, byte] of rgb.entries()) {
      values[(i % 3) * 224 * 224 + Math.floor(i / 3)] =
        (byte / 255 - (mean?.[i % 3] ?? 0)) / (std?.[i % 3] ?? 1);
    }
    const { image_embeds } = await model({ pixel_values: new Tensor('float32', values, [1, 3, 224, 224]) });
    const vector = vectors[at] ?? new Float32Array();
    assert.ok(cosine(vector, image_embeds.data) > 0.999999);
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
  }
});

test('text vectors equal those of transformers.js, whatever the length of the other texts in the batch', async (t) => {
  const encoder = await startEncoder(t);
  const texts = ['fruiting', 'a dense cluster of pale caps, day 12', '出菇'];
  const vectors = await encoder.embedTexts(texts);

  const tokenizer = await AutoTokenizer.from_pretrained(dir);
  const model = await CLIPTextModelWithProjection.from_pretrained(dir, { dtype: 'fp32', device: 'cpu' });
  t.after(() => model.dispose());
  for (const [at, text] of texts.entries()) {
    const { text_embeds } = await model(tokenizer([text]));
    assert.ok(cosine(vectors[at] ?? [], text_embeds.data) > 0.999999, text);
    assert.equal(encoder.countTokens(text), tokenizer.encode(text).length, text);
  }
});

test('a text too long for CLIP is refused, not shortened', async (t) => {
  const encoder = await startEncoder(t);
  const long = 'cap '.repeat(100);
  assert.ok(encoder.countTokens(long) > 77);
  await assert.rejects(encoder.embedTexts(['short', long]), RangeError);
  assert.deepEqual(await encoder.embedTexts([]), []);
  assert.deepEqual(await encoder.embedImages([]), []);
});

test('without CUDA, `auto` uses the CPU and logs the reason, and `cuda` fails', async (t) => {
  const logged: string[] = [];
  const encoder = await startEncoder(t, { device: 'auto', log: (message) => logged.push(message) });
  assert.match(logged.join('\n'), encoder.device === 'cuda' ? /runs on cuda/ : /runs on cpu \(cuda: .+\)/);
  if (encoder.device === 'cpu') {
    await assert.rejects(startEncoder(t, { device: 'cuda' }), /does not load on cuda: .+/);
  }
});

test('a model that does not load fails with its reason', async (t) => {
  const broken = await mkdtemp(join(tmpdir(), 'clip-'));
  t.after(() => rm(broken, { recursive: true, force: true }));
  await createRandomClip(broken, { size: 'tiny', dtype: 'fp32', seed: 1 });
  await writeFile(join(broken, 'onnx/text_model.onnx'), 'no protobuf');
  await assert.rejects(startEncoder(t, { model: broken }), /does not load on cpu: .*(protobuf|model)/i);
});

test('a crash fails the current call, and the next call starts a new process', async (t) => {
  const encoder = await startEncoder(t);
  const [before] = await encoder.embedImages([picture(1)]);
  const { pid = 0 } = encoder;
  const underWay = encoder.embedImages(Array.from({ length: 64 }, (_, seed) => picture(seed)));
  process.kill(pid, 'SIGKILL');
  await assert.rejects(underWay, { dependency: 'model' });
  const [again] = await encoder.embedImages([picture(1)]);
  assert.deepEqual(again, before);
  assert.notEqual(encoder.pid, pid);

  const idle = encoder.pid ?? 0;
  process.kill(idle, 'SIGKILL');
  await assertEnds(idle);
  assert.deepEqual(await encoder.embedImages([picture(1)]), [before]);
});

test('the process restarts after a number of images without failing a call', async (t) => {
  const logged: string[] = [];
  const encoder = await startEncoder(t, { recycle: { images: 20 }, log: (message) => logged.push(message) });
  const pictures = Array.from({ length: 50 }, (_, seed) => picture(seed));
  const [all, ...alone] = await Promise.all([
    encoder.embedImages(pictures),
    encoder.embedImages(pictures.slice(0, 1)),
    encoder.embedTexts(['fruiting']),
  ]);
  assert.equal(all.length, 50);
  assert.ok(alone.every((vectors) => vectors.length === 1));
  assert.ok(
    logged.filter((line) => /Restarting the model process after 2\d images/.test(line)).length >= 2,
    logged.join('\n'),
  );
});

test('the process restarts when its memory has grown', async (t) => {
  const logged: string[] = [];
  const encoder = await startEncoder(t, {
    recycle: { growthBytes: -1 },
    log: (message) => logged.push(message),
  });
  await encoder.embedImages([picture(1)]);
  assert.match(logged.at(-1) ?? '', /Restarting the model process after 1 images, at \d+ MB/);
  assert.equal((await encoder.embedImages([picture(1)])).length, 1);
});

test('an aborted call returns at once, and the others still get their vectors', async (t) => {
  const encoder = await startEncoder(t);
  const stop = new AbortController();
  const given = encoder.embedImages(
    Array.from({ length: 64 }, (_, seed) => picture(seed)),
    stop.signal,
  );
  const other = encoder.embedImages([picture(1)]);
  stop.abort(new Error('given up'));
  await assert.rejects(given, /given up/);
  assert.equal((await other).length, 1);
  await assert.rejects(encoder.embedTexts(['x'], AbortSignal.abort(new Error('given up'))), /given up/);
});

test('closing ends the process, even during a run, and later calls fail', async (t) => {
  const encoder = await startEncoder(t);
  const { pid = 0 } = encoder;
  const underWay = encoder.embedImages(Array.from({ length: 64 }, (_, seed) => picture(seed)));
  const failed = assert.rejects(underWay);
  await encoder.close();
  await failed;
  await assertEnds(pid);
  await assert.rejects(encoder.embedTexts(['x']), /closed/);
});

test('the model process exits when its parent is killed', async () => {
  const script = `
    const { loadEncoder } = await import(${JSON.stringify(import.meta.resolve('./clip.ts'))});
    const encoder = await loadEncoder({ model: ${JSON.stringify(dir)}, modelDir: '', dtype: 'fp32', device: 'cpu' });
    console.log(encoder.pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  parent.kill('SIGKILL');
  await assertEnds(Number(String(line)));
});
