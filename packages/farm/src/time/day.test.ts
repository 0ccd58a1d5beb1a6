import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays, dayBounds, dayOf, daysBetween, isDay, localToInstant } from './day.ts';

const hours = (day: string, timeZone: string) => {
  const { start, end } = dayBounds(day, timeZone);
  return (end.getTime() - start.getTime()) / 3_600_000;
};

test('days of a clock change have 23 or 25 hours', () => {
  assert.equal(hours('2025-03-30', 'Europe/London'), 23);
  assert.equal(hours('2025-10-26', 'Europe/London'), 25);
  assert.equal(hours('2025-03-09', 'America/St_Johns'), 23);
  assert.equal(hours('2025-11-02', 'America/St_Johns'), 25);
  assert.equal(hours('2025-03-30', 'Asia/Shanghai'), 24);
  assert.equal(hours('2025-10-05', 'Australia/Lord_Howe'), 23.5);
});

test('if a clock change skips midnight, the day begins at its first existing minute', () => {
  const { start } = dayBounds('2024-10-06', 'America/Asuncion');
  assert.equal(start.toISOString(), '2024-10-06T04:00:00.000Z');
  assert.equal(dayOf(start, 'America/Asuncion'), '2024-10-06');
});

test('the bounds of Shanghai days are at 16:00 UTC', () => {
  assert.deepEqual(dayBounds('2025-12-31', 'Asia/Shanghai'), {
    start: new Date('2025-12-30T16:00:00Z'),
    end: new Date('2025-12-31T16:00:00Z'),
  });
});

test('a time that occurs twice means its first occurrence', () => {
  const instant = localToInstant(
    { year: 2025, month: 10, day: 26, hour: 1, minute: 30, second: 0 },
    'Europe/London',
  );
  assert.equal(instant.toISOString(), '2025-10-26T00:30:00.000Z');
});

test('dates that do not exist are refused', () => {
  assert.ok(isDay('2024-02-29'));
  for (const text of ['2025-02-29', '2025-13-01', '2025-1-01', '20250101', '']) assert.ok(!isDay(text), text);
  assert.throws(
    () => localToInstant({ year: 2025, month: 2, day: 30, hour: 0, minute: 0, second: 0 }, 'UTC'),
    RangeError,
  );
});

test('days are counted on the calendar', () => {
  assert.equal(addDays('2024-02-28', 2), '2024-03-01');
  assert.deepEqual(daysBetween('2025-12-30', '2026-01-01'), ['2025-12-30', '2025-12-31', '2026-01-01']);
  assert.deepEqual(daysBetween('2025-01-02', '2025-01-01'), []);
});
