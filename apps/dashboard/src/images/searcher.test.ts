import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadEncoder } from '@mycelium/encoder';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { lazySearcher } from './searcher.ts';

test('a text that is longer than the model reads is shortened, and the part that it reads is named', async (t) => {
  const options = {
    model: demoModelDir,
    modelDir: demoModelDir,
    dtype: 'fp32',
    device: 'cpu',
    threads: 1,
  } as const;
  const searcher = lazySearcher(() => loadEncoder(options));
  t.after(() => searcher.close());
  const sentence = 'fruiting cluster in room 611.';
  const short = await searcher.vectorOfText('demo', sentence);
  assert.deepEqual([short.used, short.cut], [sentence, false]);
  const long = await searcher.vectorOfText('demo', Array.from({ length: 40 }, () => sentence).join(' '));
  assert.equal(long.cut, true);
  assert.match(long.used, /^(fruiting cluster in room 611\. ?)+$/);
  assert.ok(long.used.length < 40 * sentence.length);
});
