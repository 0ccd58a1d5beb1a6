import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unreadWords } from './unread-words.ts';

/** A tokenizer that knows these words and spells all others byte by byte. */
const knowing =
  (...known: string[]) =>
  (text: string) =>
    2 + (known.includes(text) ? 1 : Buffer.byteLength(text));

test('words spelled byte by byte count as not learned', () => {
  const countTokens = knowing('a', 'fruiting', 'cluster', '出菇');
  assert.deepEqual(unreadWords('A fruiting cluster, day 20', countTokens), ['day']);
  assert.deepEqual(unreadWords('出菇 好吃 好吃', countTokens), ['好吃']);
  assert.deepEqual(unreadWords('fruiting 出菇', countTokens), []);
  assert.deepEqual(unreadWords('20 … !', countTokens), []);
});

test('a word in a few pieces, or Chinese with one piece per character, counts as learned', () => {
  assert.deepEqual(
    unreadWords('lyophyllum', () => 2 + 4),
    [],
  );
  assert.deepEqual(
    unreadWords('出菇期', () => 2 + 3),
    [],
  );
});
