import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { readText } from '../testing/read-text.ts';

const climate = 'mushroom_env_status_611';
const T = [`T=${climate}.temperature`];
const both = [...T, `RH=${climate}.humidity`];

test('encodings, line ends and packings give the same readings', async () => {
  const text = 'time\tTemp (°C)\n2026-06-10 08:00:00\t18.5\n2026-06-10 08:01:00\t18.6\n';
  const utf16 = Buffer.from(text, 'utf16le');
  const swapped = Buffer.from(utf16).swap16();
  const files = {
    utf8: Buffer.from(text),
    bom: Buffer.from(`\uFEFF${text}`),
    utf16le: utf16,
    'utf16le bom': Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
    utf16be: swapped,
    'utf16be bom': Buffer.concat([Buffer.from([0xfe, 0xff]), swapped]),
    cp1252: Buffer.from(text, 'latin1'),
    gzip: gzipSync(text),
    cr: Buffer.from(text.replaceAll('\n', '\r')),
    mixed: Buffer.from(text.replace('\n', '\r\n').replace(/\n$/, '\r')),
    'no last line end': Buffer.from(text.trimEnd()),
  };
  for (const [name, bytes] of Object.entries(files)) {
    const { values, report } = await readText(bytes);
    assert.deepEqual(
      values,
      ['temperature 2026-06-10T08:00:00Z 18.5', 'temperature 2026-06-10T08:01:00Z 18.6'],
      name,
    );
    assert.equal(report.badLines, 0, name);
  }
  await assert.rejects(readText('time,T\n', { encoding: 'koi8-r' }), /iconv -f koi8-r/);
});

test('an encoding that changes after the beginning is refused, with the option that decides', async () => {
  const rows = '2026-06-10 08:00:00,18.5,ok\n'.repeat(6_000);
  const bytes = Buffer.from(`time,T,note\n${rows}2026-06-10 09:00:00,18.6,k\u00fchl\n`, 'latin1');
  await assert.rejects(
    readText(bytes, { maps: T }),
    /begins as UTF-8, and does not go on so. Add --encoding/,
  );
  const { report } = await readText(bytes, { maps: T, encoding: 'windows-1252' });
  assert.deepEqual([report.readings, report.badLines], [6_001, 0]);
});

test('a binary file is refused, and control characters never reach the terminal', async () => {
  await assert.rejects(readText(Buffer.alloc(500)), /is not a text/);
  await assert.rejects(readText(Buffer.from([...Array(600).keys()])), /is not a text/);
  const { plan, report } = await readText('# \u001b[2Jx\ntime,T\u001b[2J\n2026-06-10 08:00,1\u001b[2J\n', {
    maps: [`T\u001b[2J=${climate}.temperature`],
  });
  assert.doesNotMatch(JSON.stringify([{ ...plan, options: {} }, report]), /\\u001b/);
  assert.equal(report.badLines, 1);
});

/** A zip of texts, by the layout of PKWARE's APPNOTE.TXT. */
function zip(files: Record<string, string>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  for (const [name, text] of Object.entries(files)) {
    const packed = deflateRawSync(text);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(text), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(Buffer.byteLength(text), 18);
    fields.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    fields.copy(entry, 6);
    entry.writeUInt32LE(Buffer.concat(locals).length, 42);
    directory.push(entry, Buffer.from(name));
    locals.push(Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed);
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(Buffer.concat(locals).length, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

test('the only file of a zip is read; of several, their names are shown', async () => {
  const text = 'time,T\n2026-06-10 08:00:00,18.5\n';
  assert.deepEqual((await readText(zip({ 'a.csv': text }))).values, [
    'temperature 2026-06-10T08:00:00Z 18.5',
  ]);
  await assert.rejects(readText(zip({ 'a.csv': text, 'b.csv': text })), /contains a.csv, b.csv. Unpack it/);
  await assert.rejects(readText(zip({ 'xl/workbook.xml': '' })), /Excel workbook/);
  await assert.rejects(readText(gzipSync(text).subarray(0, 30)), /damaged gzip file/);
});

test('a workbook and an empty file are named', async () => {
  await assert.rejects(readText(Buffer.from('d0cf11e0a1b11ae1', 'hex')), /Excel workbook. Save it as CSV/);
  await assert.rejects(readText(''), /is empty/);
});

test('titles, sep=, units, a break in a quoted name and trailing separators are found', async () => {
  const read = await readText(
    'sep=;\r\nRoom 7; north\r\ntime;"Temp\n(C)";RH;\r\n[date];[C];[%];\r\n;Avg;Smp;\r\n2026-06-25 10:00;18.4;88;\r\n',
  );
  assert.deepEqual(read.values, [
    'temperature 2026-06-25T10:00:00Z 18.4',
    'humidity 2026-06-25T10:00:00Z 88',
  ]);
  assert.deepEqual(read.report.bad, []);
  const { layout } = read.plan;
  assert.deepEqual(
    [layout.headerLine, layout.dataLine, layout.titles.length, layout.skipped.length, layout.trailing],
    [3, 7, 2, 2, true],
  );
  const set = await readText('a,b\nx,y\ntime,T\n2026-06-25 10:00,18.4\n', { headerLine: 3 });
  assert.equal(set.values.length, 1);
  const rooms = await readText('time,611,612\n2026-06-25 10:00,18.4,18\n', {
    maps: [`611=${climate}.temperature`],
  });
  assert.deepEqual(
    rooms.values,
    ['temperature 2026-06-25T10:00:00Z 18.4'],
    'names may be numbers if they are mapped',
  );
});

test('a column whose name stands twice is refused by its name, and the others are read', async () => {
  const text = 'time,T,Room:,Room: \n2026-06-10 08:00,18.5,1,7\n';
  assert.equal((await readText(text, { maps: T })).values.length, 1);
  await assert.rejects(readText(text, { maps: ['Room:=x_611.y'] }), /"Room:" more than once/);
});

test('date and time in two columns, and year, day and hour with 2400', async () => {
  const two = await readText('Date;Time;T\n2026-06-11;00:00:00;18.1\n2026-06-11;24:00:00;18.2\n');
  assert.deepEqual(two.values, [
    'temperature 2026-06-11T00:00:00Z 18.1',
    'temperature 2026-06-12T00:00:00Z 18.2',
  ]);
  const days = await readText('Year,Day.of.year,Time,T\n2026,162,815,18.2\n2026,162,2400,18.3\n');
  assert.deepEqual(days.values, [
    'temperature 2026-06-11T08:15:00Z 18.2',
    'temperature 2026-06-12T00:00:00Z 18.3',
  ]);
  const set = await readText('Date;Time;T\n2026-06-11;00:10:00;18.1\n', { timeColumns: ['Date+Time'] });
  assert.equal(set.values[0], 'temperature 2026-06-11T00:10:00Z 18.1');
});

test('many readings at one instant are counted', async () => {
  const rows = Array.from({ length: 10 }, (_, n) => `2026-06-11;00:0${n};${18 + n}`).join('\n');
  const { report } = await readText(`Date;Time;T\n${rows}\n`, { timeColumns: ['Date'] });
  assert.equal(report.columns[0]?.sameInstant, 9);
});

test('words are no reading in long and wide form, and cost no other column', async () => {
  const words = [
    '',
    'NaN',
    'unavailable',
    'unknown',
    '--',
    '#N/A',
    'M1',
    'inf',
    'null',
    'n/a',
    '-',
    'kaputt',
  ];
  const long = words.map((word, n) => `2026-06-10 08:${10 + n},611,${climate},temperature,${word}`);
  const longRead = await readText(`time,room,device,point,value\n${long.join('\n')}\n`, {
    missing: ['kaputt'],
  });
  assert.deepEqual([longRead.report.badLines, longRead.values.length], [0, 0]);
  const wide = words.map((word, n) => `2026-06-10 08:${10 + n},${word},88`);
  const { report } = await readText(`time,T,RH\n${wide.join('\n')}\n`, { maps: both, missing: ['kaputt'] });
  assert.equal(report.badLines, 0);
  assert.equal(report.readings, words.length);
  assert.deepEqual(Object.keys(report.columns[0]?.nothing ?? {}), words);
});

test('sentinels are left out and counted, a bad cell keeps the other cells, and hex is not a number', async () => {
  const cells = ['-999', '5.342320771770639e+36', '-25448.0', '0x12', '"18,5"', '18.5'];
  const rows = cells.map((cell, n) => `2026-06-10 08:0${n},${cell},88`);
  const { report, values } = await readText(`time,T,RH\n${rows.join('\n')}\n`, { maps: both });
  assert.equal(values.filter((value) => value.startsWith('humidity')).length, 6);
  assert.deepEqual(
    values.filter((value) => value.startsWith('temp')),
    ['temperature 2026-06-10T08:05:00Z 18.5'],
  );
  assert.equal(
    Object.values(report.columns[0]?.leftOut ?? {}).reduce((a, b) => a + b),
    3,
  );
  assert.deepEqual(
    report.bad.map(({ line, reason }) => [line, reason.replace(/;.*/, '')]),
    [
      [5, 'T: "0x12" is not a number'],
      [6, 'T: "18,5" is not a number'],
    ],
  );
});

test('decimal commas and thousands are found, and what is ambiguous is asked', async () => {
  const german = await readText(
    'Zeit;Temp;CO2\n13.06.2026 08:00;18,5;1.204\n13.06.2026 08:01;18,6;1.210,5\n',
  );
  assert.deepEqual(german.plan.open, []);
  assert.deepEqual(
    german.found.map(({ value }) => value),
    [18.5, 1204, 18.6, 1210.5],
  );
  const beside = await readText('Zeit;Temp;CO2\n13.06.2026 08:00;18,5;1.204\n');
  assert.match(beside.plan.open.join(), /CO2: "1.204" can be 1204 or 1.204/);
  const alone = await readText('time,CO2\n2026-06-10 08:00,"1,204"\n2026-06-10 08:02,987\n');
  assert.match(alone.plan.open.join(), /"1,204" can be 1204 or 1.204/);
  const set = await readText('time,CO2\n2026-06-10 08:00,"1,204"\n', { decimal: '.' });
  assert.equal(set.found[0]?.value, 1204);
  const late = Array.from(
    { length: 3_000 },
    (_, n) => `${new Date(1.78e12 + n * 6e4).toISOString()};9${n % 10}`,
  );
  const far = await readText(`time;CO2\n${late.join('\n')}\n2026-07-10T08:00:00Z;1.204\n`);
  assert.match(far.plan.open.join(), /1.204/, 'the whole file is looked at');
});

test('units are converted by the header, the line of units, the map and the cell', async () => {
  const values = async (text: string, maps?: string[]) =>
    (await readText(text, maps ? { maps } : {})).found.map(({ value }) => value);
  assert.deepEqual(await values('time,Temp (°F)\n2026-06-10 08:00,54.32\n'), [12.4]);
  assert.deepEqual(await values('time,Temp\n,K\n2026-06-10 08:00,291.65\n'), [18.5]);
  assert.deepEqual(
    await values('time,RH\n2026-06-10 08:00,0.885\n', [`RH=${climate}.humidity:fraction`]),
    [88.5],
  );
  assert.deepEqual(await values('time,T,RH\n2026-06-10 08:00,64.4 °F,88%\n', both), [18, 88]);
  assert.deepEqual(
    await values('time,on (s)\n2026-06-10 08:00,90\n', ['on (s)=fresh_air_fan_611.on:s']),
    [1.5],
  );
  const absolute = 'time,T,AH (g/m³)\n2026-06-10 08:00,20,14\n2026-06-10 08:01,,14\n';
  const humid = await readText(absolute, { maps: [...T, `AH (g/m³)=${climate}.humidity`] });
  // 17.3 g/m³ saturate the air at 20 °C.
  assert.ok(Math.abs((humid.found[1]?.value ?? 0) - 81) < 0.5);
  assert.deepEqual(humid.report.columns[1]?.leftOut, { 'g/m³ without a temperature': 1 });
});

test('humidity between 0 and 1 without a unit is asked about', async () => {
  const text = 'time,RH\n2026-06-10 08:00,0.885\n';
  assert.match((await readText(text)).plan.open.join(), /between 0 and 1. Add .*:fraction/);
  const percent = await readText(text, { maps: [`RH=${climate}.humidity:%`] });
  assert.deepEqual([percent.plan.open, percent.found[0]?.value], [[], 0.885]);
});

test('a unit that cannot be converted is never stored as it stands', async () => {
  const { plan } = await readText('time,P (hPa)\n2026-06-10 08:00,1003\n', {
    maps: [`P (hPa)=${climate}.temperature`],
  });
  assert.match(plan.open.join(), /the file has hPa, but mushroom_env_status_611.temperature is in °C/);
});

test('a file that no profile knows gets a proposal', async () => {
  const { plan, values } = await readText('# x\nclock;Luft °C;Luft % RH;door\n13/06/2026 08:00;1;2;0\n', {
    timeColumns: ['clock'],
    maps: [`Luft °C=${climate}.temperature`],
  });
  assert.equal(plan.time.format, 'D/M/YYYY H:mm');
  assert.deepEqual(values, ['temperature 2026-06-13T08:00:00Z 1']);
  const proposed = (await readText('when,air temp [°C],rel. humidity\n13/06/2026 08:00,18.5,88\n')).plan;
  assert.deepEqual(
    [proposed.proposed, proposed.columns.map(({ point }) => point.point)],
    [true, ['temperature', 'humidity']],
  );
});
