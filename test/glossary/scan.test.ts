import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scanText } from './scan.ts';

const matches = (text: string, file = 'apps/x.ts') => scanText(file, text).map(({ match }) => match);

test('finds the words in prose, in names and across a line break', () => {
  assert.deepEqual(matches('the caller is told why'), ['told']);
  assert.deepEqual(matches('withHouse(work)'), ['house']);
  assert.deepEqual(matches('const untold_readings = 1'), ['untold']);
  assert.deepEqual(matches('// the image is set\n// aside at once'), ['set aside']);
  assert.deepEqual(matches("throw new Error('Wanted: a day')"), ["'wanted:"]);
  assert.deepEqual(matches('', 'apps/cli/src/house.ts'), ['house']);
});

test('leaves legitimate uses alone', () => {
  for (const fine of [
    'the greenhouse is warm',
    'const wanted: string[] = []',
    'there is no such job',
    'it is no longer open',
    'autoplay; animation-play-state: paused',
    'the stage of growth',
    'the history of a run',
    'it takes as long as that',
    ' * of the last 31 days',
  ]) {
    assert.deepEqual(matches(fine), [], fine);
  }
});

test('reports the line, and each finding once', () => {
  assert.deepEqual(
    scanText('a.ts', 'one\ntwo is told\nthree').map(({ line }) => line),
    [2],
  );
});
