import {
  type BlockSummary,
  type EnvPoint,
  envPoints,
  type Pool,
  summarizeReadings,
} from '@mycelium/database';
import { isPlausibleRange, type Metric, metrics, readValues } from '@mycelium/farm';

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

const daySeconds = 86_400;

/**
 * A room's climate in about `buckets` parts of equal length, at least a minute each. Keeps the smallest and largest value
 * of each part, so that no peak is lost at any zoom level. Parts of a day and more are whole UTC days, so that settled
 * days answer them without being opened; the first may then begin before `from`.
 */
export async function roomSeries(
  pool: Pool,
  { room, from, to, buckets }: { room: string; from: Date; to: Date; buckets: number },
): Promise<RoomSeries> {
  const seconds = (to.getTime() - from.getTime()) / 1_000;
  const least = Math.max(60, Math.ceil(seconds / buckets / 60) * 60);
  const isByDay = least > (2 * daySeconds) / 3;
  const step = isByDay ? Math.ceil(least / daySeconds) * daySeconds : least;
  const start = isByDay ? new Date(Math.floor(from.getTime() / dayMillis) * dayMillis) : from;
  const count = Math.ceil((to.getTime() - start.getTime()) / 1_000 / step);
  const bucketOf = (time: number) => Math.floor((time - start.getTime()) / 1_000 / step);

  const points = new Map(
    (await envPoints(pool)).filter((point) => point.room === room).map((point) => [point.id, point]),
  );
  const parts = new Map([...points.keys()].map((id) => [id, createParts(count)]));
  const wanted = { pointIds: [...points.keys()], from: start, to };
  const suffices = ({ pointId, first, last, min, max, sum }: BlockSummary) =>
    bucketOf(first) === bucketOf(last) &&
    isPlausibleRange((points.get(pointId) as EnvPoint).metric, min, max) &&
    Number.isFinite(sum);
  for await (const read of summarizeReadings(pool, wanted, suffices)) {
    const { metric } = points.get(read.pointId) as EnvPoint;
    const own = parts.get(read.pointId) as Parts;
    if ('count' in read) own.add(bucketOf(read.first), read);
    else {
      const values = readValues(metric, read.values);
      for (let n = 0; n < values.length; n++)
        own.addValue(bucketOf(read.times[n] as number), values[n] as number);
    }
  }
  const metricsOf = metrics.map((metric) => {
    const sensors = [...points.values()].filter((point) => point.metric === metric);
    const used = sensors.sort((a, b) => a.rank - b.rank).find(({ id }) => parts.get(id)?.isAny());
    return [metric, (used ? (parts.get(used.id) as Parts) : createParts(count)).curve(digits[metric])];
  });
  return { from: start, step, buckets: count, metrics: Object.fromEntries(metricsOf) };
}

const dayMillis = daySeconds * 1_000;

type Parts = ReturnType<typeof createParts>;

function createParts(length: number) {
  const counts = new Float64Array(length);
  const sums = new Float64Array(length);
  const mins = new Float64Array(length).fill(Number.POSITIVE_INFINITY);
  const maxs = new Float64Array(length).fill(Number.NEGATIVE_INFINITY);
  return {
    add(n: number, { count, sum, min, max }: Pick<BlockSummary, 'count' | 'sum' | 'min' | 'max'>) {
      counts[n] = (counts[n] as number) + count;
      sums[n] = (sums[n] as number) + sum;
      if (min < (mins[n] as number)) mins[n] = min;
      if (max > (maxs[n] as number)) maxs[n] = max;
    },
    /** @param value NaN is left out */
    addValue(n: number, value: number) {
      if (Number.isNaN(value)) return;
      counts[n] = (counts[n] as number) + 1;
      sums[n] = (sums[n] as number) + value;
      if (value < (mins[n] as number)) mins[n] = value;
      if (value > (maxs[n] as number)) maxs[n] = value;
    },
    isAny: () => counts.some((count) => count > 0),
    curve(digits: number): Curve {
      const of = (value: (n: number) => number) =>
        Array.from(counts, (count, n) => (count > 0 ? Number(value(n).toFixed(digits)) : null));
      return {
        mean: of((n) => (sums[n] as number) / (counts[n] as number)),
        min: of((n) => mins[n] as number),
        max: of((n) => maxs[n] as number),
      };
    },
  };
}
