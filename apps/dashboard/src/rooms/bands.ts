import type { Queryable } from '@mycelium/database';
import { type Day, dayBounds, daysApart, daysBetween } from '@mycelium/farm';
import type { Metric } from '../server/shapes.ts';

export interface Band {
  metric: Metric;
  low: number;
  high: number;
}
interface BandRow extends Band {
  room: string;
  fromDay: number;
  toDay: number;
  validFrom: Date;
}

export async function readBands(db: Queryable): Promise<BandRow[]> {
  const { rows } = await db.query<BandRow>(
    `select room, metric, from_day as "fromDay", to_day as "toDay", low, high,
            greatest(valid_from, '0001-01-01') as "validFrom"
     from band order by room = '*', valid_from desc`,
  );
  return rows;
}

/** The bands of a room on a day of growth: the room's own before the farm's, a later one before an earlier one. */
export function bandsOf(bands: BandRow[], room: string, growthDay: number, at: Date): Band[] {
  const chosen = new Map<Metric, Band>();
  for (const band of bands) {
    const holds =
      (band.room === room || band.room === '*') &&
      band.fromDay <= growthDay &&
      growthDay <= band.toDay &&
      band.validFrom <= at;
    if (holds && !chosen.has(band.metric)) {
      chosen.set(band.metric, { metric: band.metric, low: band.low, high: band.high });
    }
  }
  return [...chosen.values()];
}

/** On which day a room's batch came in, as its pictures say, by local day; the day before the first too. */
export async function batchDays(
  db: Queryable,
  room: string,
  from: Day,
  to: Day,
): Promise<{ day: Day; inDate: Day }[]> {
  const { rows } = await db.query<{ day: Day; inDate: Day }>(
    `(select day, in_date as "inDate" from image where room = $1 and day < $2 order by captured_at desc limit 1)
     union all
     (select distinct on (day) day, in_date from image where room = $1 and day between $2 and $3
      order by day, captured_at desc)
     order by day`,
    [room, from, to],
  );
  return rows;
}

export interface BandSpan extends Band {
  from: Date;
  to: Date;
}

/** A room's bands over time, joined where they do not change from day to day. */
export function bandSpans(
  bands: BandRow[],
  batches: { day: Day; inDate: Day }[],
  { room, from, to, timeZone }: { room: string; from: Day; to: Day; timeZone: string },
): BandSpan[] {
  const spans: BandSpan[] = [];
  const open = new Map<Metric, BandSpan>();
  for (const day of daysBetween(from, to)) {
    // The first picture tells of the days before it too, back to when its batch came in.
    const batch =
      batches.findLast((known) => known.day <= day) ?? batches.find((known) => known.inDate <= day);
    const { start, end } = dayBounds(day, timeZone);
    const today = batch ? bandsOf(bands, room, daysApart(batch.inDate, day) + 1, start) : [];
    for (const band of today) {
      const before = open.get(band.metric);
      const same = before?.low === band.low && before.high === band.high && before.to >= start;
      if (before && same) before.to = end;
      else {
        const span = { ...band, from: start, to: end };
        open.set(band.metric, span);
        spans.push(span);
      }
    }
  }
  return spans;
}
