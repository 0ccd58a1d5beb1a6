import { ensureModel, ensurePartitions, ensurePoints, type Pool, transaction } from '@mycelium/database';
import type { createQueues } from '@mycelium/queue';

const day = 86_400_000;
/** Last midnight, so that the measurement does not depend on the hour. */
export const lastDay = new Date(Math.floor(Date.now() / day) * day);
export const month = { from: new Date(lastDay.getTime() - 30 * day), to: lastDay };

const images = 100_000;
const rooms = Array.from({ length: 10 }, (_, n) => String(601 + n));
/** Rooms with a month of readings, one per minute. */
const metered = rooms.slice(0, 4);
const metrics = ['temperature', 'humidity', 'co2'];

/** Creates ten rooms, 100,000 images with vectors, four months of readings and 100,000 waiting jobs. */
export async function fillFarm(pool: Pool, queues: ReturnType<typeof createQueues>): Promise<void> {
  await Promise.all([fillTables(pool), fillQueue(queues)]);
  await pool.query('vacuum analyze');
}

async function fillTables(pool: Pool): Promise<void> {
  await addReadings(pool);
  await addImages(pool);
  await pool.query(
    `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness, report)
     select 'hourly_setpoint_monitoring', $1::timestamptz - n * interval '1 hour',
            case when n % 50 = 0 then 'failed' else 'succeeded' end, 'schedule', 1, $1, $1, interval '1 s', '{"changes": 3}'
     from generate_series(1, 20000) n`,
    [lastDay],
  );
  await pool.query(
    `insert into audit (actor, action, subject) select 'grower', 'pause', 'job ' || n from generate_series(1, 20000) n`,
  );
  await pool.query(
    `insert into alert (kind, subject, severity, message, closed_at)
     select 'no-data', 'room ' || n, 'warning', 'no readings', case when n > 20 then now() end from generate_series(1, 2000) n`,
  );
}

async function addReadings(pool: Pool): Promise<void> {
  await ensurePartitions(pool, [month.from, month.to]);
  const measured = metered.flatMap((room) =>
    metrics.map((point) => ({
      room,
      deviceType: 'mushroom_env_status',
      device: `mushroom_env_status_${room}`,
      point,
    })),
  );
  const set = rooms.map((room) => ({
    room,
    deviceType: 'air_cooler',
    device: `air_cooler_${room}`,
    point: 'temp_set',
  }));
  await ensurePoints(pool, [...measured, ...set]);
  await transaction(pool, async (tx) => {
    // None of this is late, since no run has read it.
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    await tx.query(
      `insert into reading select id, ts, round((case point when 'co2' then 2400 when 'humidity' then 88 else 17 end
         * (1 + 0.03 * sin(extract(epoch from ts) / 3600) + 0.01 * random()))::numeric, 1)
       from point, generate_series($1::timestamptz, $2::timestamptz - interval '1 minute', interval '1 minute') ts
       where device_type = 'mushroom_env_status'`,
      [month.from, month.to],
    );
  });
  await pool.query(
    `insert into setpoint_change (point_id, changed_at, previous, value, threshold, slot)
     select id, $1::timestamptz + n * interval '1 hour', 17 + n % 2, 18 - n % 2, 0.5, $2
     from point, generate_series(0, 719) n where point = 'temp_set'`,
    [month.from, month.to],
  );
  await pool.query(
    `insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, min, min_at, max,
       max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, time_zone)
     select room, $1::date + n, metric, 1440, 1440, 1, '1 minute', 1, $1, 3, $1, 2, 2, 1, 1, 2, 3, 3, 'UTC'
     from unnest($2::text[]) room, unnest($3::text[]) metric, generate_series(0, 29) n`,
    [month.from, rooms, metrics],
  );
}

async function addImages(pool: Pool): Promise<void> {
  const model = { name: 'bench', revision: '1', dtype: 'fp32', hash: 'none', demo: true, dimensions: 512 };
  const modelId = await ensureModel(pool, 'bench@1/fp32#none', model);
  // Searches are measured elsewhere, and building their index would take minutes.
  await pool.query('drop index image_embedding_fused');
  await pool.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select room || '/' || n, room, at::date, at, at::date - (n / 10 / 24) % 27, '1921681235', 1 + (n / 10 / 24) % 27,
            'normal', md5(n::text), 200000
     from (select n, 601 + n % 10 || '' as room, $1::timestamptz - interval '1 hour' * (n / 10 + 1) as at
           from generate_series(0, $2 - 1) n) image`,
    [lastDay, images],
  );
  await pool.query(
    `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used,
       identity_text, temperature, humidity, co2, quality)
     select id, $1, etag, vector, vector, 'identity', text, text, 17, 88, 2400, id % 100
     from image, (select array_fill(0.04, array[512])::vector as vector, 'Mushroom Room 601, normal stage, Day 4.' as text) made
     where id % 20 > 0`,
    [modelId],
  );
  await pool.query(
    `insert into quarantine (key, reason, detail, etag)
     select key, 'truncated', 'the file ends too early', etag from image where id % 200 = 0`,
  );
}

async function fillQueue(queues: ReturnType<typeof createQueues>): Promise<void> {
  const jobs = Array.from({ length: 5_000 }, (_, n) => ({ payload: { keys: [`601/20260101/${n}.jpg`] } }));
  for (let n = 0; n < 100_000; n += jobs.length) await queues.enqueueAll('embed_batch', jobs);
}
