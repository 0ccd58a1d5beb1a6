import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitText, fusionText, tokenLimit } from './fusion-text.ts';

/** One token per word or Chinese character, and two for start and end: like CLIP's tokenizer, but simpler. */
const countTokens = (text: string) => (text.match(/\p{Script=Han}|[^\s\p{Script=Han}]+/gu)?.length ?? 0) + 2;
const words = (count: number, word = 'cap') => Array(count).fill(word).join(' ');
const identity =
  'Mushroom Room 611, normal stage, Day 12. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.';

test('the description comes first and the identity after it', () => {
  const fused = fusionText({ description: 'Fruiting, dense cluster. ', identity }, countTokens);
  assert.equal(fused.used, `Fruiting, dense cluster. ${identity}`);
  assert.equal(fused.used, fused.text);
  assert.deepEqual([fused.cut, fused.description, fused.identity], [false, 'whole', 'whole']);
  assert.equal(fused.tokens, countTokens(fused.used));
});

test('without a description the text is the identity alone', () => {
  for (const description of [undefined, '', '  \n']) {
    const fused = fusionText({ description, identity }, countTokens);
    assert.equal(fused.used, identity);
    assert.deepEqual([fused.cut, fused.description, fused.identity], [false, 'none', 'whole']);
  }
});

test('text that does not fit is dropped from the end by whole sentences, and reported', () => {
  const description = `Fruiting, ${words(63)}.`;
  const fused = fusionText({ description, identity }, countTokens);
  assert.equal(fused.used, `${description} Mushroom Room 611, normal stage, Day 12.`);
  assert.equal(fused.text, `${description} ${identity}`);
  assert.deepEqual([fused.cut, fused.description, fused.identity], [true, 'whole', 'cut']);
});

test('a description that takes all tokens leaves no room for the identity, and that is reported', () => {
  const description = `Fruiting, ${words(72)}.`;
  const fused = fusionText({ description, identity }, countTokens);
  assert.equal(fused.used, description);
  assert.deepEqual([fused.cut, fused.description, fused.identity], [true, 'whole', 'none']);
});

test('a description that is too long keeps its first sentences', () => {
  const description = `Fruiting, ${words(40)}. Dense, ${words(50)}. Third.`;
  const fused = fusionText({ description, identity }, countTokens);
  assert.equal(fused.used, `Fruiting, ${words(40)}.`);
  assert.deepEqual([fused.cut, fused.description, fused.identity], [true, 'cut', 'none']);
});

test('a first sentence that is too long keeps its first words, and a word its first characters', () => {
  const byWords = fitText(`${words(100)}.`, countTokens);
  assert.equal(byWords.used, words(75));
  assert.deepEqual([byWords.tokens, byWords.cut], [tokenLimit, true]);

  const chinese = fitText('菇'.repeat(200), countTokens);
  assert.equal(chinese.used, '菇'.repeat(75));

  const sentences = fitText('菇床良好。'.repeat(40), (text) => [...text].length + 2);
  assert.equal(sentences.used, '菇床良好。'.repeat(15));
});

test('the point in a number does not end a sentence', () => {
  const text = `At 18.4 degrees ${words(100)}.`;
  assert.ok(fitText(text, countTokens).used.startsWith('At 18.4 degrees cap'));
});

test('text of exactly 77 tokens is whole, and an empty text stays empty', () => {
  assert.equal(fitText(words(75), countTokens).cut, false);
  assert.deepEqual(fitText(' ', countTokens), { text: '', used: '', tokens: 2, cut: false });
});
