import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { layOut } from './table.ts';

describe('layOut', () => {
  test('aligns columns two spaces apart under upper-case titles', () => {
    assert.deepEqual(
      layOut(
        ['job', 'took'],
        [
          ['daily_env_stats', 12.345],
          ['prune', null],
        ],
      ),
      ['JOB              TOOK', 'daily_env_stats  12.35', 'prune            –'],
    );
  });

  test('shortens the widest column, and no other, to the given width', () => {
    const lines = layOut(['room', 'error'], [['611', 'relation "env_daily_stats" does not exist']], {
      available: 30,
    });
    assert.equal(lines[1], '611   relation "env_daily_sta…');
    assert.equal(lines[1]?.length, 30);
  });

  test('leaves out optional columns that do not fit, the last one first', () => {
    const titles = ['job', 'cause', 'attempts'];
    const rows = [['daily_env_stats', 'schedule', 3]];
    const heads = (available: number) =>
      layOut(titles, rows, { available, optional: ['cause', 'attempts'] })[0];
    assert.equal(heads(40), 'JOB              CAUSE     ATTEMPTS');
    assert.equal(heads(30), 'JOB              CAUSE');
    assert.equal(heads(20), 'JOB');
  });

  test('gives Chinese characters two places', () => {
    const lines = layOut(
      ['name', 'value'],
      [
        ['温度', 1],
        ['ab', 2],
      ],
    );
    assert.deepEqual(lines.slice(1), ['温度  1', 'ab    2']);
    const [, cut] = layOut(['name', 'n'], [['温度湿度二氧化碳', 1]], { available: 11 });
    assert.equal(cut, '温度湿…   1'); // eight places: three characters, the … and one left over
  });

  test('keeps a row on one line, whatever a cell contains', () => {
    assert.deepEqual(layOut(['error'], [['first\n  second']]), ['ERROR', 'first second']);
  });

  test('never shortens a title', () => {
    const [title] = layOut(['a long column title'], [['x']], { available: 10 });
    assert.equal(title, 'A LONG COLUMN TITLE');
  });
});
