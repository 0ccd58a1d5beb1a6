import type { Pool } from '@mycelium/database';

interface Row {
  room: string;
  metric: string;
  ts: Date;
  value: number;
}

/** The obvious first version: all rows of a day as objects, grouped and sorted in JavaScript, one INSERT per row. */
export async function naiveStats(pool: Pool, day: string): Promise<void> {
  const { rows } = await pool.query<Row>(
    `select room, point as metric, ts, value from reading join point on point.id = point_id
     where ts >= $1::timestamptz and ts < $1::timestamptz + interval '1 day' order by room, metric, ts`,
    [`${day}T00:00Z`],
  );
  for (const series of Object.values(Object.groupBy(rows, ({ room, metric }) => `${room} ${metric}`))) {
    if (!series) continue;
    const { room, metric } = series[0] as Row;
    const sorted = series.toSorted((a, b) => a.value - b.value);
    const [min, max] = [sorted[0] as Row, sorted.at(-1) as Row];
    const mean = series.reduce((sum, { value }) => sum + value, 0) / series.length;
    const gaps = series.slice(1).map(({ ts }, n) => ts.getTime() - (series[n] as Row).ts.getTime());
    const at = (p: number) => {
      const rank = p * (sorted.length - 1);
      const [low, high] = [sorted[Math.floor(rank)] as Row, sorted[Math.ceil(rank)] as Row];
      return low.value + (high.value - low.value) * (rank % 1);
    };
    await pool.query(
      `insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, min, min_at, max,
         max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, time_zone)
       values ($1, $2, $3, $4, 1440, $5, make_interval(secs => $6), $7, $8, $9, $10, $11, $11, $12, $13, $14, $15, $16, 'UTC')`,
      [
        room,
        day,
        metric,
        series.length,
        series.length / 1_440,
        Math.max(...gaps) / 1_000,
        min.value,
        min.ts,
        max.value,
        max.ts,
        mean,
        ...[0.05, 0.25, 0.5, 0.75, 0.95].map(at),
      ],
    );
  }
}
