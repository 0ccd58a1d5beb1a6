import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from './caption-answer.ts';

const good = {
  growth_stage_description: 'Fruiting: dense clusters of pale caps.',
  chinese_description: '出菇期，菌盖密集。',
  image_quality_score: 85,
};
const completion = (content: string) => JSON.stringify({ choices: [{ message: { content } }] });
const read = (answer: unknown) =>
  readAnswer(completion(typeof answer === 'string' ? answer : JSON.stringify(answer)));

test('a good answer is used as it is, and its other fields are ignored', () => {
  assert.deepEqual(read(good), good);
  assert.deepEqual(read({ ...good, note: 'ignore me' }), good);
});

test('code fences are stripped, with words around them', () => {
  const json = JSON.stringify(good, undefined, 2);
  assert.deepEqual(read(`\`\`\`json\n${json}\n\`\`\``), good);
  assert.deepEqual(read(`Here it is:\n\`\`\`\n${json}\n\`\`\`\nAnything else?`), good);
});

test('the score is clamped, and may be written as a string', () => {
  for (const [written, score] of [
    [130, 100],
    [-5, 0],
    ['72', 72],
    [' 72.5 ', 72.5],
  ]) {
    assert.equal(read({ ...good, image_quality_score: written }).image_quality_score, score);
  }
});

test('a missing key, an empty text or a score that is not a number fails', () => {
  for (const key of Object.keys(good)) {
    assert.throws(() => read({ ...good, [key]: undefined }), { reason: 'no_description' }, key);
    assert.throws(() => read({ ...good, [key]: null }), { reason: 'no_description' }, key);
    assert.throws(() => read({ ...good, [key]: ' ' }), { reason: 'no_description' }, key);
    assert.throws(() => read({ ...good, [key]: 'x'.repeat(4001) }), { reason: 'no_description' }, key);
  }
  assert.throws(() => read({ ...good, image_quality_score: 'high' }), { reason: 'no_description' });
});

test('broken JSON, prose, lists and bodies of another shape fail', () => {
  for (const content of [
    '',
    '{',
    'A picture of mushrooms.',
    '[]',
    'null',
    '5',
    JSON.stringify(good).slice(0, -3),
  ]) {
    assert.throws(() => read(content), { reason: 'no_description' }, content);
  }
  for (const body of ['', '<html>', '{}', '{"choices":[]}', '{"choices":[{"message":{"content":null}}]}']) {
    assert.throws(() => readAnswer(body), { reason: 'no_description' }, body);
  }
});

test('control characters are removed from texts', () => {
  const hostile = { ...good, chinese_description: 'a\u0000b\u001b[31mc\n\t d\ud800' };
  assert.equal(read(hostile).chinese_description, 'ab[31mc d');
  const markup = { ...good, growth_stage_description: '<script>alert(1)</script>' };
  assert.equal(read(markup).growth_stage_description, '<script>alert(1)</script>', 'pages escape it');
});

test('an error quotes only the start of an answer', () => {
  assert.throws(
    () => read('x'.repeat(10_000)),
    (error: Error) => error.message.length < 300,
  );
});
