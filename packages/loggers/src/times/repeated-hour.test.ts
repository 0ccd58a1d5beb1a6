import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocal } from '@mycelium/farm';
import fc from 'fast-check';
import { createTimeReader } from './instants.ts';
import { createRepeatedHours } from './repeated-hour.ts';

/** Clocks set back by an hour, half an hour and three hours, and the instants at which that happens. */
const changes = {
  'Europe/Berlin': Date.UTC(2026, 9, 25, 1),
  'America/New_York': Date.UTC(2026, 10, 1, 6),
  'Australia/Lord_Howe': Date.UTC(2026, 3, 4, 15),
  'Antarctica/Casey': Date.UTC(2010, 2, 4, 15),
};
type Zone = keyof typeof changes;

interface Row {
  device: string;
  instant: number;
  value: number;
}

/** A device that writes at even intervals around the change, or at times of its own. */
const deviceRows = fc.record({
  cadence: fc.constantFrom(60, 300, 600, 900, 1_800, 3_600),
  irregular: fc.constantFrom(false, false, false, true),
  phase: fc.integer({ min: 0, max: 3_599 }),
  hoursBefore: fc.integer({ min: 0, max: 8 }),
  hoursAfter: fc.integer({ min: 0, max: 8 }),
  constant: fc.boolean(),
  gaps: fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 50, maxLength: 50 }),
});

function rowsOf(
  device: string,
  change: number,
  shape: typeof deviceRows extends fc.Arbitrary<infer T> ? T : never,
) {
  const rows: Row[] = [];
  const end = change + shape.hoursAfter * 3_600_000;
  let at = change - shape.hoursBefore * 3_600_000 + (shape.phase % shape.cadence) * 1_000;
  for (let n = 0; at < end; n++) {
    rows.push({ device, instant: at, value: shape.constant ? 18 : n });
    const share = shape.irregular ? (shape.gaps[n % 50] as number) / 100 : 1;
    at += Math.ceil(shape.cadence * share) * 1_000;
  }
  return rows;
}

/** What loggers, cards and people do to files. Each gets the rows and two places as shares of the file. */
const defects: Record<string, (rows: Row[], a: number, b: number) => Row[]> = {
  none: (rows) => rows,
  'every row twice': (rows) => rows.flatMap((row) => [row, row]),
  'the file twice': (rows) => [...rows, ...rows],
  'the first part': (rows, a) => rows.slice(0, Math.ceil(rows.length * a)),
  'the second part': (rows, a) => rows.slice(Math.floor(rows.length * a)),
  'a late row': (rows, a, b) => {
    const from = Math.floor(rows.length * a);
    const rest = rows.toSpliced(from, 1);
    return rest.toSpliced(
      Math.min(rest.length, from + 1 + Math.floor(b * 20)),
      0,
      ...rows.slice(from, from + 1),
    );
  },
  'swapped neighbours': (rows, a) => {
    const at = Math.floor((rows.length - 1) * a);
    return rows.toSpliced(at, 2, ...rows.slice(at, at + 2).toReversed());
  },
  'rows are missing': (rows, a) => rows.filter((_, n) => (n * 7919 + Math.floor(a * 1_000)) % 10 > 1),
  'a pause': (rows, a, b) => rows.toSpliced(Math.floor(rows.length * a), Math.floor(rows.length * b * 0.4)),
  'a copied block': (rows, a, b) => {
    const from = Math.floor(rows.length * a);
    const block = rows.slice(from, from + 1 + Math.floor(b * 15));
    return rows.toSpliced(from + block.length, 0, ...block);
  },
};

/** With these, a regular file with rows before and after the hour is read whole. */
const harmless = new Set(['none', 'every row twice', 'the file twice']);

function read(zone: Zone, rows: Row[]) {
  const readTime = createTimeReader(zone);
  const stored: { row: Row; instant: number }[] = [];
  let undecided = 0;
  const hours = createRepeatedHours<Row>(
    (row, instant) => {
      if (instant === undefined) undecided++;
      else stored.push({ row, instant });
    },
    ({ instant, value, device }) => `${device} ${formatLocal(new Date(instant), zone)} ${value}`,
  );
  for (const row of rows) {
    const instant = hours.push(readTime(formatLocal(new Date(row.instant), zone)), row.device, row);
    if (instant !== undefined) stored.push({ row, instant });
  }
  hours.end();
  return { stored, undecided };
}

const lengths = { 'Australia/Lord_Howe': 0.5, 'Antarctica/Casey': 3 } as Partial<Record<Zone, number>>;

/**
 * Whether a device paused for a whole pass while its file begins or ends within the repeated hour: what is left looks
 * exactly like the other pass.
 */
function hidesAnHour(rows: Row[], change: number, zone: Zone): boolean {
  const length = (lengths[zone] ?? 1) * 3_600_000;
  return [...Map.groupBy(rows, ({ device }) => device).values()].some((own) => {
    const instants = own.map(({ instant }) => instant).sort((x, y) => x - y);
    const paused = instants.some(
      (instant, n) => n > 0 && instant - (instants[n - 1] as number) >= 0.9 * length,
    );
    const around = (instants[0] ?? 0) < change - length && (instants.at(-1) ?? 0) >= change + length;
    return paused && !around;
  });
}

test('no row of a repeated hour is stored at a wrong time, and regular files are read whole', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...(Object.keys(changes) as Zone[])),
      fc.array(deviceRows, { minLength: 1, maxLength: 2 }),
      fc.boolean(),
      fc.constantFrom(...Object.keys(defects)),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
      (zone, devices, newestFirst, defect, a, b) => {
        const clean = devices
          .flatMap((shape, n) => rowsOf(`d${n}`, changes[zone], shape))
          .sort((x, y) => x.instant - y.instant);
        const rows = (defects[defect] as (typeof defects)[string])(
          newestFirst ? clean.reverse() : clean,
          a,
          b,
        );
        fc.pre(!hidesAnHour(rows, changes[zone], zone));
        const { stored, undecided } = read(zone, rows);
        // At the stored instant, the device had this value: with equal values, either pass of a row may be the other's.
        const truth = new Set(clean.map(({ device, instant, value }) => `${device} ${instant} ${value}`));
        const wrong = stored.filter(
          ({ row, instant }) => !truth.has(`${row.device} ${instant} ${row.value}`),
        );
        assert.deepEqual(wrong, []);
        const length = (lengths[zone] ?? 1) * 3_600;
        const regular = devices.every(
          ({ irregular, cadence, hoursBefore, hoursAfter }) =>
            !irregular &&
            cadence <= length &&
            3_600 * Math.min(hoursBefore, hoursAfter) >= 2 * length + 9 * cadence,
        );
        if (regular && harmless.has(defect)) assert.equal(undecided, 0);
      },
    ),
    { numRuns: 1_000 },
  );
});
