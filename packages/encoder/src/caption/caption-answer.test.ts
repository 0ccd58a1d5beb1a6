import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from './caption-answer.ts';

const good = {
  growth_stage_description: 'Fruiting: dense clusters of pale caps.',
  chinese_description: '出菇期，菌盖密集。',
  image_quality_score: 85,
};
const completion = (content: string | null, finish_reason = 'stop') =>
  JSON.stringify({ choices: [{ message: { content }, finish_reason }] });
const read = (answer: unknown) =>
  readAnswer(completion(typeof answer === 'string' ? answer : JSON.stringify(answer)), 600).description;

test('a good answer is used as it is, and its other fields are ignored', () => {
  assert.deepEqual(read(good), good);
  assert.deepEqual(read({ ...good, note: 'ignore me' }), good);
});

test('code fences are stripped, with words around them', () => {
  const json = JSON.stringify(good, undefined, 2);
  assert.deepEqual(read(`\`\`\`json\n${json}\n\`\`\``), good);
  assert.deepEqual(read(`Here it is:\n\`\`\`\n${json}\n\`\`\`\nAnything else?`), good);
});

test('the score is limited to 0–100, and may be written as a string, a share or percent', () => {
  for (const [written, score] of [
    [130, 100],
    [-5, 0],
    ['72', 72],
    [' 72.5 ', 72.5],
    ['85/100', 85],
    ['8.5 / 10', 85],
    ['85 %', 85],
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
    assert.throws(() => readAnswer(body, 600), { reason: 'no_description' }, body);
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

test('thoughts, prose, drafts and small mistakes around an answer do not matter', () => {
  const json = JSON.stringify(good);
  const draft = JSON.stringify({ ...good, growth_stage_description: 'DRAFT' });
  for (const [shape, content] of Object.entries({
    'qwen: thinks first': `<think>The caps are open, so {fruiting}.</think>\n${json}`,
    'a draft among the thoughts': `<think>Draft:\n\`\`\`json\n${draft}\n\`\`\`\nBetter now.</think>\n${json}`,
    'deepseek: no first tag': `The caps are open. ${draft}</think>${json}`,
    'llava: prose around it': `Here is the JSON:\n${json}\nHope this helps! {smile}`,
    'a doubled brace': `{\n\n${json}`,
    'a trailing comma': json.replace(/}$/, ',}'),
    'single quotes and no quotes': json.replace(/"(\w+)":/g, '$1:'),
    'two answers, the last counts': `${draft}\n${json}`,
    'an answer in an answer': JSON.stringify({ result: good }),
    'braces in a text': JSON.stringify({ note: 'a } and a {', ...good }),
  })) {
    assert.deepEqual(read(content), good, shape);
  }
  assert.throws(() => read(`<think>${json}`), { reason: 'no_description' }, 'only thoughts');
});

test('an answer that was cut off names the setting', () => {
  for (const content of ['', null, '<think>The caps are', JSON.stringify(good).slice(0, -20)]) {
    assert.throws(
      () => readAnswer(completion(content, 'length'), 600),
      /after 600 tokens: raise CAPTION_ANSWER_LIMIT/,
    );
  }
  const whole = readAnswer(completion(JSON.stringify(good), 'length'), 600);
  assert.deepEqual(whole.description, good, 'what follows a whole answer may be cut off');
});

test('tokens are counted as the server counts them, in both dialects', () => {
  const content = JSON.stringify(good);
  const openai = {
    choices: [{ message: { content } }],
    usage: { prompt_tokens: 900, completion_tokens: 80 },
  };
  const ollama = { message: { content }, done_reason: 'stop', prompt_eval_count: 900, eval_count: 80 };
  for (const body of [openai, ollama]) {
    assert.deepEqual(readAnswer(JSON.stringify(body), 600), {
      description: good,
      tokens: { question: 900, answer: 80 },
    });
  }
});

test('an answer of braces only is given up quickly', () => {
  const began = performance.now();
  assert.throws(() => read('{'.repeat(200_000)), { reason: 'no_description' });
  assert.ok(performance.now() - began < 2_000);
});
