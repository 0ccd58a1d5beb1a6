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
  assert.equal(zoneInHeader('Date Time, GMT-08:00').zone, '-08:00');
  for (const name of ['timestamp (UTC)', 'time_utc', 'UTC time', 'Zeit [GMT]'])
    assert.equal(zoneInHeader(name).zone, 'UTC', name);
  assert.equal(zoneInHeader('Zeit (Europe/Berlin)').zone, 'Europe/Berlin');
  assert.equal(zoneInHeader('Time (CST)').unclear, 'CST');
  assert.deepEqual(zoneInHeader('Time'), { unclear: undefined });
  assert.throws(() => zoneInHeader('Time (UTC+15:00)'), /unknown/);
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

test('a format that would read something else than was meant is refused, with the right letter', () => {
  for (const [format, expected] of [
    ['YYYY-MM-DD HH:MM', /has the month twice: MM is the month, mm the minute/],
    ['%Y-%m-%d %H:%m', /has the month twice: %m is the month, %M the minute/],
    ['YYYY-mm-DD HH:mm', /has no month/],
    ['DD/MM/YYYY hh:mm', /has hh, the hour of a 12-hour clock, without A/],
    ['%d/%m/%Y %I:%M', /has %I, the hour of a 12-hour clock, without %p: use %H/],
    ['YYYY-MM-DD YY HH:mm', /has the year twice/],
    ['YYYY DDD MM HH:mm', /has the day of the year and the month or day/],
    ['YYYY-MM-DD mm:ss', /has the minute without the hour/],
    ['YYYY-MM-DD HH:ss', /has the second without the minute/],
    ['YYYY-MM-DD A', /has AM or PM without the hour/],
  ] as const)
    assert.throws(() => createTimeReader('UTC', format), expected, format);
});

test('a date of two-digit numbers is read only if it exists in no other order', async () => {
  const file = (...dates: string[]) =>
    readText(`time,T\n${dates.map((date) => `${date} 08:00,18.5\n`).join('')}`, {
      maps: ['T=mushroom_env_status_611.temperature'],
    });
  const asked = (await file('26-06-10')).plan.open.join();
  assert.match(
    asked,
    /"26-06-10 08:00" can be day\/month\/year or year\/month\/day, .* Add --time-format "D-M-YY H:mm" or --time-format "YY-M-D H:mm"/,
  );
  assert.match(
    (await file('06/05/04')).plan.open.join(),
    /day\/month\/year, month\/day\/year or year\/month\/day/,
  );
  for (const [date, iso] of [
    ['12/31/26', '2026-12-31'],
    ['32-12-31', '2032-12-31'],
  ] as const) {
    const { plan, values } = await file(date);
    assert.deepEqual([plan.open, values], [[], [`temperature ${iso}T08:00:00Z 18.5`]], date);
  }
  const june = Array.from({ length: 30 }, (_, n) => `26-06-${String(n + 1).padStart(2, '0')}`);
  assert.match(
    (await file(...june, '26-06-31')).plan.open.join(),
    /can be day\/month\/year or year\/month\/day/,
  );
});

test("Excel's fractions of a second are kept, as far as the digits go", () => {
  for (const [serial, instant] of [
    ['46178.33333', '2026-06-05T08:00:00.000Z'],
    ['46178.3333333333', '2026-06-05T08:00:00.000Z'],
    ['46178.33333912037', '2026-06-05T08:00:00.500Z'],
    ['46178,5', '2026-06-05T12:00:00.000Z'],
  ] as const)
    assert.equal(read(serial, { format: 'excel', zone: 'UTC' }), instant, serial);
});

test('offsets that no zone has are bad times', () => {
  for (const offset of ['+99:99', '+15:00', '-12:30', '+05:75'])
    assert.throws(() => read(`2026-06-10T08:00:00${offset}`), /an offset from UTC that no zone has/, offset);
  assert.equal(read('2026-06-10T08:00:00+14:00'), '2026-06-09T18:00:00.000Z');
});

test('a header with an abbreviation that has several meanings is asked about', async () => {
  const text = 'Time (CST),T\n2026-06-10 08:00,18.5\n';
  const maps = ['T=mushroom_env_status_611.temperature'];
  assert.match(
    (await readText(text, { maps })).plan.open.join(),
    /names the zone CST, which has several meanings. Add --zone/,
  );
  assert.deepEqual((await readText(text, { maps, zone: '+08:00' })).values, [
    'temperature 2026-06-10T00:00:00Z 18.5',
  ]);
  const utc = await readText('time_utc,T\n2026-06-10 08:00,18.5\n', { maps, timeZone: 'Asia/Shanghai' });
  assert.deepEqual(utc.values, ['temperature 2026-06-10T08:00:00Z 18.5']);
});

test('a day that a zone skipped whole, and an hour repeated for three hours, are known', () => {
  assert.throws(() => read('2011-12-30 10:00', { zone: 'Pacific/Apia' }), /a clock change skips it/);
  assert.equal(read('2011-12-31 10:00', { zone: 'Pacific/Apia' }), '2011-12-30T20:00:00.000Z');
  const casey = createTimeReader('Antarctica/Casey')('2010-03-05 00:30');
  assert.equal((casey.second as number) - casey.first, 3 * 3_600_000);
});
