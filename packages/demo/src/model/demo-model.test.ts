import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeImage, type Encoder, loadEncoder, unreadWords } from '@mycelium/encoder';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { seededRandom, seedOf } from '@mycelium/encoder/random';
import { renderScene } from '../scene/render-scene.ts';
import { type Scene, type Stage, stages } from '../scene/scene.ts';
import { brighter, cropped, mirrored, randomScene } from './training-scenes.ts';

// Scenes the model was not fitted on, with another seed and twice the size.
const count = 200;
const random = seededRandom(seedOf('held out'));
const scenes: Scene[] = Array.from({ length: count }, () => randomScene(random));

let encoder: Encoder;
let jpegs: Buffer[];
let vectors: Float32Array[];

before(async () => {
  encoder = await loadEncoder({
    model: demoModelDir,
    modelDir: '',
    dtype: 'fp32',
    device: 'cpu',
    threads: 1,
  });
  jpegs = [];
  for (const scene of scenes) jpegs.push(await renderScene(scene, { width: 800, height: 450 }));
  vectors = await embed(jpegs);
});
after(() => encoder.close());

async function embed(files: Buffer[]): Promise<Float32Array[]> {
  return encoder.embedImages(await Promise.all(files.map((file) => decodeImage(file))));
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] as number), 0);
}

/** Indexes of the pictures, nearest first. */
function nearest(query: Float32Array): number[] {
  const scores = vectors.map((vector) => dot(query, vector));
  return scores.map((_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
}

async function stagesFound(text: string): Promise<Stage[]> {
  const [vector] = await encoder.embedTexts([text]);
  return nearest(vector as Float32Array)
    .slice(0, 10)
    .map((i) => (scenes[i] as Scene).stage);
}

const queries: Record<Stage, string[]> = {
  substrate: ['substrate', 'bags of sawdust with mycelium', '菌包', '发菌期的菌袋'],
  primordia: ['primordia', 'small pins on the surface', '原基', '菇蕾'],
  fruiting: ['fruiting', 'fruiting cluster', 'mushrooms with caps and stems', '出菇', '一丛子实体'],
  'post-harvest': ['post-harvest', 'cut stubs after harvest', '采后', '采收后的菇根'],
};

for (const stage of stages) {
  for (const text of queries[stage]) {
    test(`at least 9 of the 10 pictures nearest to "${text}" show ${stage}`, async (t) => {
      const found = await stagesFound(text);
      const right = found.filter((each) => each === stage).length;
      t.diagnostic(`${right} of 10`);
      assert.ok(right >= 9, found.join(', '));
    });
  }
}

const changes: Record<string, (jpeg: Buffer, i: number) => Promise<Buffer>> = {
  'brighter by 30 %': (jpeg) => brighter(jpeg, 1.3),
  mirrored: (jpeg) => mirrored(jpeg),
  'cropped to 80 % around its middle': (jpeg) => cropped(jpeg, 0.5, 0.5),
  'cropped to 80 % anywhere': (jpeg) => cropped(jpeg, random(), random()),
};

for (const [change, apply] of Object.entries(changes)) {
  test(`a picture that is ${change} is nearest to its original in 95 % of cases`, async (t) => {
    const changed = await embed(await Promise.all(jpegs.map(apply)));
    const right = changed.filter((vector, i) => nearest(vector)[0] === i).length;
    t.diagnostic(`${right} of ${count}`);
    assert.ok(right >= 0.95 * count, `${right} of ${count}`);
  });
}

test('searching for a day finds pictures of nearby days', async () => {
  const [vector] = await encoder.embedTexts(['Day 15']);
  const days = nearest(vector as Float32Array)
    .slice(0, 10)
    .map((i) => (scenes[i] as Scene).growthDay);
  assert.ok(days.filter((day) => Math.abs(day - 15) <= 3).length >= 8, days.join(', '));
});

test('the identity text still separates days when it includes the climate', async () => {
  const text = (day: number, climate: string) => `Mushroom Room 611, normal stage, Day ${day}. ${climate}`;
  const climate = 'Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.';
  const [plain, measured, other] = (await encoder.embedTexts([
    text(12, ''),
    text(12, climate),
    text(25, climate),
  ])) as [Float32Array, Float32Array, Float32Array];
  assert.ok(dot(plain, measured) > 0.95);
  assert.ok(dot(measured, other) < 0.8);
  assert.ok(encoder.countTokens(text(12, climate)) <= 40);
});

test('a text of unknown words has a vector too, far from every picture', async () => {
  for (const text of ['zyxw quijibo', 'ばら', '!?', '']) {
    const [vector] = (await encoder.embedTexts([text])) as [Float32Array];
    assert.ok(Math.abs(dot(vector, vector) - 1) < 1e-3, text);
    assert.ok(Math.max(...vectors.map((image) => Math.abs(dot(vector, image)))) < 0.01, text);
  }
});

test('unreadWords finds the words it has not learned, in Chinese too', () => {
  const unread = (text: string) => unreadWords(text, encoder.countTokens);
  assert.deepEqual(unread('A fruiting cluster in room 611, day 20; 出菇, 采收后的菇根'), []);
  assert.deepEqual(unread('quijibo 好吃的 mushrooms'), ['quijibo', '好吃的']);
});

test('the vector of a text does not depend on the other texts in its batch', async () => {
  const [alone] = (await encoder.embedTexts(['fruiting cluster'])) as [Float32Array];
  const [, beside] = (await encoder.embedTexts([
    'a much longer text about the cut stubs',
    'fruiting cluster',
  ])) as [Float32Array, Float32Array];
  assert.ok(dot(alone, beside) > 0.9999);
});

test('the model is marked as a demo model', () => {
  assert.equal(encoder.id.demo, true);
});
