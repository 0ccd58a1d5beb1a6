import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { instantToLocal } from '@mycelium/farm';
import fc from 'fast-check';
import { readText } from './testing/read-text.ts';

/** How a generated logger writes its file. */
interface Logger {
  zone: string;
  format: string;
  separator: string;
  decimal: '.' | ',';
  encoding: 'utf8' | 'utf8-bom' | 'utf16le' | 'utf16be' | 'latin1';
  lineEnd: '\n' | '\r\n' | '\r';
  unit: '°C' | '°F' | 'K';
  title: boolean;
  unitLine: boolean;
  trailing: boolean;
  gzip: boolean;
  newestFirst: boolean;
}

interface Row {
  minute: number;
  celsius: number;
  defect: 'none' | 'word' | 'sentinel' | 'garbage' | 'doubled';
}

const pad = (n: number, length = 2) => String(n).padStart(length, '0');
/** Each format as the logger's own code writes it. */
const writers: Record<string, (time: ReturnType<typeof instantToLocal>) => string> = {
  'YYYY-MM-DD HH:mm:ss': (t) => `${t.year}-${pad(t.month)}-${pad(t.day)} ${pad(t.hour)}:${pad(t.minute)}:00`,
  'DD.MM.YYYY HH:mm': (t) => `${pad(t.day)}.${pad(t.month)}.${t.year} ${pad(t.hour)}:${pad(t.minute)}`,
  '%m/%d/%y %I:%M %p': (t) =>
    `${pad(t.month)}/${pad(t.day)}/${pad(t.year % 100)} ${pad(t.hour % 12 || 12)}:${pad(t.minute)} ${t.hour < 12 ? 'AM' : 'PM'}`,
  'd MMM yyyy HH:mm': (t) =>
    `${t.day} ${new Date(Date.UTC(2026, t.month - 1, 1)).toLocaleString('en', { month: 'short', timeZone: 'UTC' })} ${t.year} ${pad(t.hour)}:${pad(t.minute)}`,
};
const zones = ['UTC', 'Asia/Shanghai', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', '+05:30'];

const loggers: fc.Arbitrary<Logger> = fc.record({
  zone: fc.constantFrom(...zones),
  format: fc.constantFrom(...Object.keys(writers)),
  separator: fc.constantFrom(';', '\t', ','),
  decimal: fc.constantFrom('.' as const, ',' as const),
  encoding: fc.constantFrom('utf8', 'utf8-bom', 'utf16le', 'utf16be', 'latin1'),
  lineEnd: fc.constantFrom('\n', '\r\n', '\r'),
  unit: fc.constantFrom('°C', '°F', 'K'),
  title: fc.boolean(),
  unitLine: fc.boolean(),
  trailing: fc.boolean(),
  gzip: fc.boolean(),
  newestFirst: fc.boolean(),
});
/** A row per interval; some are missing. */
const rows: fc.Arbitrary<Row[]> = fc
  .tuple(
    fc.constantFrom(1, 5, 10, 15, 60),
    fc.array(
      fc.record({
        present: fc.constantFrom(true, true, true, true, true, true, true, true, true, false),
        celsius: fc.integer({ min: 951, max: 1_979 }).map((n) => n / 100),
        defect: fc.constantFrom('none', 'none', 'none', 'none', 'word', 'sentinel', 'garbage', 'doubled'),
      }),
      { minLength: 3, maxLength: 60 },
    ),
  )
  .map(([interval, list]) =>
    list.flatMap(({ present, ...row }, n) => {
      // A row an hour that stands twice looks the same as the two passes of a repeated hour.
      const defect = interval === 60 && row.defect === 'doubled' ? 'none' : row.defect;
      return present ? [{ ...row, defect, minute: n * interval }] : [];
    }),
  );
/** Ordinary days, and nights with a clock change in one of the zones. */
const starts = fc.constantFrom(
  ...['2026-06-10T08:00', '2026-10-24T22:00', '2026-03-28T21:00', '2026-11-01T02:00', '2026-04-04T11:00'].map(
    (start) => Date.parse(`${start}Z`),
  ),
);

const inUnit = (celsius: number, unit: Logger['unit']) =>
  unit === '°F' ? celsius * 1.8 + 32 : unit === 'K' ? celsius + 273.15 : celsius;

function write(logger: Logger, start: number, list: Row[]): Buffer {
  const { separator: s, decimal } = logger;
  const end = logger.trailing ? s : '';
  const lines = list.flatMap((row) => {
    const time = writers[logger.format]?.(instantToLocal(new Date(start + row.minute * 60_000), logger.zone));
    const number = inUnit(row.celsius, logger.unit).toFixed(4).replace('.', decimal);
    const cell = { word: 'unavailable', sentinel: '-9999', garbage: '1x2' }[row.defect as string] ?? number;
    const line = `${time}${s}${s === ',' && decimal === ',' ? `"${cell}"` : cell}${s}0${end}`;
    return row.defect === 'doubled' ? [line, line] : [line];
  });
  const name = logger.unitLine ? 'Temp' : `Temp [${logger.unit}]`;
  const head = [
    ...(logger.title ? ['Growing room seven'] : []),
    `Time${s}${name}${s}door${end}`,
    ...(logger.unitLine ? [`${s}${logger.unit}${s}${end}`] : []),
  ];
  const text = `${[...head, ...lines].join(logger.lineEnd)}${logger.lineEnd}`;
  const bytes = {
    utf8: () => Buffer.from(text),
    'utf8-bom': () => Buffer.from(`\uFEFF${text}`),
    utf16le: () => Buffer.from(`\uFEFF${text}`, 'utf16le'),
    utf16be: () => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
    latin1: () => Buffer.from(text, 'latin1'),
  }[logger.encoding]();
  return logger.gzip ? gzipSync(bytes) : bytes;
}

test('whatever a logger writes is read as it was, or reported', async () => {
  await fc.assert(
    fc.asyncProperty(loggers, starts, rows, async (logger, start, list) => {
      fc.pre(list.length > 0);
      const order = [...list];
      if (logger.newestFirst) order.reverse();
      const { found, report, plan } = await readText(write(logger, start, order), {
        zone: logger.zone,
        timeFormat: logger.format,
        decimal: logger.decimal,
        maps: [`${logger.unitLine ? 'Temp' : `Temp [${logger.unit}]`}=mushroom_env_status_611.temperature`],
      });
      assert.deepEqual(plan.open, []);
      const truth = new Map(order.map((row) => [start + row.minute * 60_000, row]));
      for (const { time, value } of found) {
        const row = truth.get(time);
        assert.ok(row, `a reading at ${new Date(time).toISOString()}, where the logger wrote none`);
        assert.ok(Math.abs(value - row.celsius) < 1e-3, `${value} is not ${row.celsius}`);
      }
      const [column] = report.columns;
      const counts = [column?.nothing, column?.leftOut].map((each) =>
        Object.values(each ?? {}).reduce((a, b) => a + b, 0),
      );
      const lines = order.reduce((n, { defect }) => n + (defect === 'doubled' ? 2 : 1), 0);
      assert.equal(found.length + (counts[0] as number) + (counts[1] as number) + report.badLines, lines);
      const certain = report.bad.every(({ reason }) => /not a number|occurs twice/.test(reason));
      assert.ok(certain, JSON.stringify(report.bad[0]));
    }),
    { numRuns: 300 },
  );
});
