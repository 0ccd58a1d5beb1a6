import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instantReader } from './time-format.ts';

const read = (text: string, { format, zone = 'Asia/Shanghai' }: { format?: string; zone?: string } = {}) =>
  new Date(instantReader(zone, format)(text)).toISOString();

test('times are read by their format, in farm time', () => {
  assert.equal(read('2/1/2022 0:04', { format: 'M/D/YYYY H:mm' }), '2022-01-31T16:04:00.000Z');
  assert.equal(read('01.12.2025 07:30:15', { format: 'DD.MM.YYYY HH:mm:ss' }), '2025-11-30T23:30:15.000Z');
  assert.equal(read('20251224160000', { format: 'YYYYMMDDHHmmss' }), '2025-12-24T08:00:00.000Z');
  assert.equal(read('2025-12-24T16h', { format: 'YYYY-MM-DDTHHh' }), '2025-12-24T08:00:00.000Z');
});

test('ISO times are instants with an offset, and farm time without', () => {
  assert.equal(read('2025-12-24 16:00'), '2025-12-24T08:00:00.000Z');
  assert.equal(read('2025-12-24T16:00:30'), '2025-12-24T08:00:30.000Z');
  assert.equal(read('2025-12-24T16:00:30.250Z'), '2025-12-24T16:00:30.250Z');
  assert.equal(read('2025-12-24 16:00:30+08:00'), '2025-12-24T08:00:30.000Z');
  assert.equal(read('2025-12-24 16:00:30+08'), '2025-12-24T08:00:30.000Z');
});

test('a text that is not a time is reported', () => {
  for (const text of [
    '',
    'noon',
    '2025-02-30 10:00',
    '2025-13-01 10:00',
    '2025-12-24 25:00',
    '2025-12-24 10:61',
    '1735000000',
  ]) {
    assert.throws(() => read(text), { reason: 'bad_time' }, text);
  }
  assert.throws(
    () => read('2022-02-01 0:04', { format: 'M/D/YYYY H:mm' }),
    /does not match the time format M\/D\/YYYY H:mm/,
  );
  assert.throws(() => instantReader('UTC', 'HH:mm'), /has no year/);
});

test('an impossible date is refused even after a possible one with the same hour', () => {
  const reader = instantReader('UTC', 'YYYY-MM-DD H:mm');
  reader('2025-03-01 0:00');
  for (const text of ['2025-02-29 0:00', '2025-02-28 24:00', '2025-02-32 0:00', '2024-15-01 0:00']) {
    assert.throws(() => reader(text), { reason: 'bad_time' }, text);
  }
});

test('an hour that occurs twice is read twice, in order', () => {
  const reader = instantReader('Europe/London');
  let after: number | undefined;
  const minutes = ['00:59', '01:00', '01:30', '01:59', '01:00', '01:30', '01:59', '02:00'].map((clock) => {
    after = reader(`2025-10-26 ${clock}`, after);
    return new Date(after).toISOString().slice(11, 16);
  });
  assert.deepEqual(minutes, ['23:59', '00:00', '00:30', '00:59', '01:00', '01:30', '01:59', '02:00']);
});

test('an hour that a clock change skips is read with the offset before the change', () => {
  assert.equal(read('2025-03-30 01:30', { zone: 'Europe/London' }), '2025-03-30T01:30:00.000Z');
  assert.equal(read('2025-03-30 02:30', { zone: 'Europe/London' }), '2025-03-30T01:30:00.000Z');
});

test('a clock change of half an hour is handled', () => {
  const zone = 'Australia/Lord_Howe';
  assert.equal(read('2025-10-05 01:59', { zone }), '2025-10-04T15:29:00.000Z');
  assert.equal(read('2025-10-05 02:30', { zone }), '2025-10-04T15:30:00.000Z');
});
