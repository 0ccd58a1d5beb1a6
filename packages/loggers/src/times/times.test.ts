import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readText } from '../testing/read-text.ts';
import { guessTimeFormat } from './guess.ts';
import { createTimeReader } from './instants.ts';
import { parseZone, zoneInHeader } from './zone.ts';

const read = (text: string, { format, zone = 'Asia/Shanghai' }: { format?: string; zone?: string } = {}) =>
  new Date(createTimeReader(zone, format)(text).first).toISOString();

test('times are read by their format, in the tokens of Day.js, date-fns and strptime', () => {
  const cases: [text: string, format: string, expected: string][] = [
    ['2/1/2022 0:04', 'M/D/YYYY H:mm', '2022-01-31T16:04:00.000Z'],
    ['01.12.2025 07:30:15', 'DD.MM.YYYY HH:mm:ss', '2025-11-30T23:30:15.000Z'],
    ['01.12.2025 07:30:15', 'dd.MM.yyyy HH:mm:ss', '2025-11-30T23:30:15.000Z'],
    ['01.12.2025 07:30:15', '%d.%m.%Y %H:%M:%S', '2025-11-30T23:30:15.000Z'],
    ['20251224160000', 'YYYYMMDDHHmmss', '2025-12-24T08:00:00.000Z'],
    ['20251224160000', '%Y%m%d%H%M%S', '2025-12-24T08:00:00.000Z'],
    ['2025-12-24T16h', 'YYYY-MM-DDTHH[h]', '2025-12-24T08:00:00.000Z'],
    ['06/25/26 12:00:00 AM', 'MM/DD/YY hh:mm:ss A', '2026-06-24T16:00:00.000Z'],
    ['06/25/26 1:00 p.m.', '%m/%d/%y %I:%M %p', '2026-06-25T05:00:00.000Z'],
    ['3 Mar 2026 08:00', 'D MMM YYYY HH:mm', '2026-03-03T00:00:00.000Z'],
    ['2026-03-03 08:00:00.250', 'YYYY-MM-DD HH:mm:ss.SSS', '2026-03-03T00:00:00.250Z'],
    ['2026-03-03 08:00 +0200', 'YYYY-MM-DD HH:mm ZZ', '2026-03-03T06:00:00.000Z'],
    ['2026 062 2400', 'YYYY DDD HHmm', '2026-03-03T16:00:00.000Z'],
    ['1781078400', 'epoch-s', '2026-06-10T08:00:00.000Z'],
    ['1781078400250', 'x', '2026-06-10T08:00:00.250Z'],
    ['1781078400250000', 'epoch-us', '2026-06-10T08:00:00.250Z'],
    ['46183.3333333333', 'excel', '2026-06-10T00:00:00.000Z'],
  ];
  for (const [text, format, expected] of cases) assert.equal(read(text, { format }), expected, format);
});

test('ISO times are instants with an offset, and farm time without; fractions are kept', () => {
  assert.equal(read('2025-12-24 16:00'), '2025-12-24T08:00:00.000Z');
  assert.equal(read('2025-12-24T16:00:30'), '2025-12-24T08:00:30.000Z');
  assert.equal(read('2025-12-24T16:00:30.250Z'), '2025-12-24T16:00:30.250Z');
  assert.equal(read('2025-12-24 16:00:30.750'), '2025-12-24T08:00:30.750Z');
  assert.equal(read('2025-12-24 16:00:30+08'), '2025-12-24T08:00:30.000Z');
});

test('a text that is not a time is reported', () => {
  const bad = [
    '',
    'noon',
    '2025-02-30 10:00',
    '2025-13-01 10:00',
    '2025-12-24 25:00',
    '2025-12-24 10:61',
    '1735000000',
  ];
  for (const text of bad) assert.throws(() => read(text), { reason: 'bad_time' }, text);
  assert.throws(
    () => read('2022-02-01 0:04', { format: 'M/D/YYYY H:mm' }),
    /does not match the time format M\/D\/YYYY H:mm/,
  );
});

test('an unknown letter is refused, and the known ones are listed', () => {
  assert.throws(() => createTimeReader('UTC', 'YYYY-MM-DD QQ'), /unknown letter QQ. Known are YYYY .*excel/);
  assert.throws(() => createTimeReader('UTC', '%Y-%m-%d %Q'), /unknown letter %Q/);
  assert.throws(() => createTimeReader('UTC', 'HH:mm'), /has no year/);
});

test('an impossible date is refused even after a possible one with the same hour', () => {
  const reader = createTimeReader('UTC', 'YYYY-MM-DD H:mm');
  reader('2025-03-01 0:00');
  for (const text of ['2025-02-29 0:00', '2025-02-32 0:00', '2024-15-01 0:00'])
    assert.throws(() => reader(text), { reason: 'bad_time' }, text);
  assert.equal(new Date(reader('2025-02-28 24:00').first).toISOString(), '2025-03-01T00:00:00.000Z');
});

test('the order of day and month is decided by a number above 12, and asked otherwise', () => {
  assert.deepEqual(guessTimeFormat(['6/10/26 14:40', '6/13/26 14:40']), { format: 'M/D/YY H:mm' });
  assert.deepEqual(guessTimeFormat(['10.06.2026', '13.06.2026']), { format: 'D.M.YYYY' });
  assert.deepEqual(guessTimeFormat(['6/10/2026 2:40 PM']), {
    ambiguous: ['D/M/YYYY h:mm A', 'M/D/YYYY h:mm A'],
    sample: '6/10/2026 2:40 PM',
  });
  assert.deepEqual(guessTimeFormat(['2026/06/10 08:00']), { format: 'YYYY/M/D H:mm' });
  assert.equal(guessTimeFormat(['on', 'off']), undefined);
});

test('times without a format in common are asked about', async () => {
  const mixed = await readText('time,T\n13/06/2026 08:00,18\n06/14/2026 08:00,19\n');
  assert.match(
    mixed.plan.open.join(),
    /"13\/06\/2026 08:00" and "06\/14\/2026 08:00" differ in their format/,
  );
  const unknown = await readText('time,T\nnoon,18\n');
  assert.match(unknown.plan.open.join(), /"noon" has no known format/);
});

test('zones are names or fixed offsets, also in headers', () => {
  assert.equal(zoneInHeader('Date Time, GMT-08:00'), '-08:00');
  assert.equal(zoneInHeader('timestamp (UTC)'), 'UTC');
  assert.equal(zoneInHeader('Time'), undefined);
  assert.deepEqual(['GMT-7', '+0530', 'Europe/Berlin'].map(parseZone), ['-07:00', '+05:30', 'Europe/Berlin']);
  assert.throws(() => parseZone('Mars/Base'), /unknown/);
});

test('an hour that a clock change skips is reported and not stored on top of the next', async () => {
  assert.throws(() => read('2025-03-30 02:30', { zone: 'Europe/Berlin' }), /a clock change skips it/);
  const zone = 'Australia/Lord_Howe';
  assert.equal(read('2025-10-05 01:59', { zone }), '2025-10-04T15:29:00.000Z');
  assert.throws(() => read('2025-10-05 02:15', { zone }), /skips/);
  assert.equal(read('2025-10-05 02:30', { zone }), '2025-10-04T15:30:00.000Z');
  const winter = 'time,T\n2025-03-30 01:55,1\n2025-03-30 02:00,2\n2025-03-30 03:00,3\n';
  const { report } = await readText(winter, { timeZone: 'Europe/Berlin' });
  assert.deepEqual([report.readings, report.badLines], [2, 1]);
  assert.match(report.bad[0]?.reason ?? '', /--zone \+01:00/);
  assert.equal((await readText(winter, { zone: '+01:00' })).report.readings, 3);
});

/** A row a minute from 01:30 summer time to 03:29 winter time, in Berlin: 180 rows, of which 120 are from 2 to 3. */
const night = Array.from({ length: 180 }, (_, n) => {
  const winter = n >= 90;
  const local = new Date(Date.UTC(2026, 9, 25, 1, 30) + (n - (winter ? 60 : 0)) * 60_000);
  return {
    local: local.toISOString().slice(0, 16),
    instant: Date.UTC(2026, 9, 24, 23, 30) + n * 60_000,
    value: n,
  };
});

async function readNight(rows: typeof night, options: { repeatedHour?: 'first' | 'second' } = {}) {
  const text = rows.map(({ local, value }) => `${local},${value}`).join('\n');
  const read = await readText(`time,T\n${text}\n`, { timeZone: 'Europe/Berlin', ...options });
  const right = read.found.filter(({ time, value }) => night[value]?.instant === time).length;
  return { right, wrong: read.found.length - right, bad: read.report.badLines };
}

test('a repeated hour is read twice: oldest first, newest first, with doubled rows, and cut in two', async () => {
  const all = { wrong: 0, bad: 0 };
  assert.deepEqual(await readNight(night), { right: 180, ...all });
  assert.deepEqual(await readNight(night.toReversed()), { right: 180, ...all });
  assert.deepEqual(await readNight(night.flatMap((row) => [row, row])), { right: 360, ...all });
  assert.deepEqual(await readNight(night.slice(0, 120)), { right: 120, ...all });
  assert.deepEqual(await readNight(night.slice(120)), { right: 60, ...all });
  const hourly = night.filter((_, n) => n % 60 === 30);
  assert.deepEqual(await readNight(hourly), { right: 3, ...all });
});

test('rows of a repeated hour that nothing decides are left out and counted, or read by the option', async () => {
  const inside = night.slice(40, 60);
  assert.deepEqual(await readNight(inside), { right: 0, wrong: 0, bad: 20 });
  assert.deepEqual(await readNight(inside, { repeatedHour: 'first' }), { right: 20, wrong: 0, bad: 0 });
});
