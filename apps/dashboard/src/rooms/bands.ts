import { growthDays, listBands, type Queryable } from '@mycelium/database';
import {
  type Band,
  bandPieces,
  type Day,
  dayBounds,
  daysBetween,
  type Metric,
  metrics,
} from '@mycelium/farm';

export interface BandSpan extends Band {
  metric: Metric;
  from: Date;
  to: Date;
}

/** A room's bands over time, merged while they stay the same from day to day. */
export async function bandSpans(
  db: Queryable,
  { room, from, to, timeZone }: { room: string; from: Day; to: Day; timeZone: string },
): Promise<BandSpan[]> {
  const days = daysBetween(from, to).map((day) => ({ room, day, ...dayBounds(day, timeZone) }));
  const [rules, growth] = await Promise.all([
    listBands(db, dayBounds(to, timeZone).end),
    growthDays(db, days),
  ]);
  const spans: BandSpan[] = [];
  for (const metric of metrics) {
    let open: BandSpan | undefined;
    for (const [n, { end, ...day }] of days.entries()) {
      const pieces = bandPieces(rules, { room, metric, growthDay: growth[n] }, { ...day, end });
      for (const [k, { from: begins, band }] of pieces.entries()) {
        const ends = new Date(pieces[k + 1]?.from ?? end);
        if (band && open?.low === band.low && open.high === band.high) open.to = ends;
        else {
          open = band && { metric, ...band, from: new Date(begins), to: ends };
          if (open) spans.push(open);
        }
      }
    }
  }
  return spans;
}
