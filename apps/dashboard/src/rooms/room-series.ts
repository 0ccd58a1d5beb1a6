import { climateSensors, type Queryable } from '@mycelium/database';
import { type Metric, metrics, plausibleSql, readValueSql } from '@mycelium/farm';

export interface Curve {
  /** One entry per bucket; null if it has no reading. */
  mean: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
}

export interface RoomSeries {
  from: Date;
  /** Seconds per bucket. */
  step: number;
  buckets: number;
  metrics: Record<Metric, Curve>;
}

const digits: Record<Metric, number> = { temperature: 2, humidity: 2, co2: 0 };

/**
 * A room's climate in at most `buckets` parts of equal length, at least a minute each. Keeps the smallest and largest
 * value of each part, so that no peak is lost at any zoom level.
 */
export async function roomSeries(
  db: Queryable,
  { room, from, to, buckets }: { room: string; from: Date; to: Date; buckets: number },
): Promise<RoomSeries> {
  const seconds = (to.getTime() - from.getTime()) / 1_000;
  const step = Math.max(60, Math.ceil(seconds / buckets / 60) * 60);
  const count = Math.ceil(seconds / step);
  const empty = (): Curve => ({
    mean: new Array(count).fill(null),
    min: new Array(count).fill(null),
    max: new Array(count).fill(null),
  });
  const curves = Object.fromEntries(metrics.map((metric) => [metric, empty()])) as Record<Metric, Curve>;

  const value = readValueSql('value', 'metric');
  const { rows } = await db.query<{
    metric: Metric;
    rank: number;
    n: number;
    mean: number;
    min: number;
    max: number;
  }>(
    `select metric, rank, floor(extract(epoch from ts - $2::timestamptz) / $4)::int as n,
            avg(${value}) as mean, min(${value}) as min, max(${value}) as max
     from ${climateSensors} sensor join reading on point_id = sensor.id
     where room = $1 and ts >= $2 and ts < $3 and ${plausibleSql('value', 'metric')}
     group by 1, 2, 3 order by rank`,
    [room, from, to, step],
  );
  const ranks = new Map<Metric, number>();
  for (const { metric, rank, n, mean, min, max } of rows) {
    if (rank > (ranks.get(metric) ?? rank)) continue;
    ranks.set(metric, rank);
    const curve = curves[metric];
    const round = (value: number) => Number(value.toFixed(digits[metric]));
    curve.mean[n] = round(mean);
    curve.min[n] = round(min);
    curve.max[n] = round(max);
  }
  return { from, step, buckets: count, metrics: curves };
}
