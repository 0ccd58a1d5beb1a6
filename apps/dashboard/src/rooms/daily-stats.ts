import type { Queryable } from '@mycelium/database';
import type { Day, Metric } from '@mycelium/farm';

export interface DailyStats {
  day: Day;
  metric: Metric;
  count: number;
  expectedCount: number;
  /** 0–1 */
  coverage: number;
  longestGapSeconds: number;
  badCount: number;
  min: number;
  minAt: Date;
  max: number;
  maxAt: Date;
  mean: number;
  timeWeightedMean: number;
  p5: number;
  q25: number;
  median: number;
  q75: number;
  p95: number;
  minutesBelow: number | null;
  minutesAbove: number | null;
  growthDay: number | null;
  phase: string | null;
}

/** A room's statistics, newest day first. */
export async function dailyStats(db: Queryable, room: string, from: Day, to: Day): Promise<DailyStats[]> {
  const { rows } = await db.query<DailyStats>(
    `select day, metric, count, expected_count as "expectedCount", coverage,
            extract(epoch from longest_gap)::float8 as "longestGapSeconds", bad_count as "badCount",
            min, min_at as "minAt", max, max_at as "maxAt", mean, time_weighted_mean as "timeWeightedMean",
            p5, q25, median, q75, p95, minutes_below as "minutesBelow", minutes_above as "minutesAbove",
            growth_day as "growthDay", phase
     from env_daily_stats where room = $1 and day between $2 and $3
     order by day desc, array_position(array['temperature', 'humidity', 'co2'], metric)`,
    [room, from, to],
  );
  return rows;
}
