import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeReadingTimes } from './reading-time.ts';

test('a clock may be a day ahead, and no reading is older than the farm', () => {
  const now = Date.parse('2026-06-10T08:00Z');
  const judge = judgeReadingTimes({
    firstDay: '2020-03-01',
    timeZone: 'Asia/Shanghai',
    maxAheadHours: 24,
    now,
  });
  const of = (iso: string) => judge(Date.parse(iso));
  assert.equal(of('2026-06-11T07:00Z'), undefined, '23 hours ahead');
  assert.equal(of('2026-06-11T09:00Z'), 'ahead', '25 hours ahead');
  assert.equal(of('2036-02-07T06:28:16Z'), 'ahead');
  assert.equal(of('2020-02-29T16:00Z'), undefined, "the first day begins at the farm's midnight");
  assert.equal(of('2020-02-29T15:59:59Z'), 'before-farm');
  assert.equal(of('2000-01-01T00:01:01Z'), 'before-farm');
});
