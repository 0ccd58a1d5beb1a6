import {
  copyReadings,
  ensureModel,
  ensurePoints,
  type ImageRow,
  imageIds,
  type Pool,
  quarantine,
  type Reading,
  upsertEmbeddings,
  upsertImages,
} from '@mycelium/database';
import { addDays, dayOf, formatImageKey, localToInstant, pointKey } from '@mycelium/farm';
import type { ObjectStore } from '@mycelium/storage';
import sharp from 'sharp';

export const testModel = {
  name: 'test',
  revision: '1',
  dtype: 'fp32',
  hash: 'none',
  demo: true,
  dimensions: 512,
};

export interface TestFarm {
  rooms: string[];
  /** Full days before today, and today up to `now`. */
  days: number;
  now: Date;
  timeZone: string;
  /** Minutes between readings. */
  every?: number;
  /** The picture of an image; a plain colour by default. */
  picture?: (room: string, n: number) => Promise<Buffer>;
}

/**
 * A small farm for tests: climate, hourly pictures with vectors, setpoint changes, statistics, runs and an alert.
 * Yesterday's last two images of the first room cannot be read, and three of the second have no vector yet.
 */
export async function growTestFarm(pool: Pool, store: ObjectStore, farm: TestFarm): Promise<void> {
  const { rooms, days, now, timeZone, every = 5 } = farm;
  const today = dayOf(now, timeZone);
  const first = addDays(today, -days);
  const start = localToInstant({ ...partsOf(first), hour: 0, minute: 0, second: 0 }, timeZone);

  const points = rooms.flatMap((room) => [
    ...['temperature', 'humidity', 'co2'].map((point) => ({
      room,
      deviceType: 'mushroom_env_status',
      device: `mushroom_env_status_${room}`,
      point,
    })),
    { room, deviceType: 'air_cooler', device: `air_cooler_${room}`, point: 'temp_set' },
    { room, deviceType: 'fresh_air_fan', device: `fresh_air_fan_${room}`, point: 'mode' },
  ]);
  const ids = await ensurePoints(pool, points);
  const idOf = (room: string, device: string, point: string) =>
    ids.get(pointKey({ room, device: `${device}_${room}`, point })) as number;

  function* readings(): Generator<Reading> {
    for (const [n, room] of rooms.entries()) {
      for (let time = start.getTime(); time < now.getTime(); time += every * 60_000) {
        const hours = time / 3_600_000;
        const wave = (period: number, shift: number) => Math.sin((hours / period + shift) * 2 * Math.PI);
        const ts = new Date(time);
        const climate = {
          temperature: 17.2 + n * 0.5 + 0.6 * wave(24, n / 4) + 0.25 * wave(1.3, 0),
          humidity: 87 + n + 2 * wave(24, 0.3) + 1.5 * wave(0.7, n / 3),
          // An occasional dropout.
          co2: Math.floor(hours) % 37 === 5 ? 0 : 2_400 + 700 * wave(2.1, n / 5),
        };
        for (const [point, value] of Object.entries(climate)) {
          yield { pointId: idOf(room, 'mushroom_env_status', point), ts, value: Math.round(value * 10) / 10 };
        }
      }
    }
  }
  await copyReadings(pool, readings());

  const images: ImageRow[] = [];
  for (const [n, room] of rooms.entries()) {
    const inDate = addDays(first, -8 - n);
    for (let hour = 0; hour < (days + 1) * 24; hour++) {
      const capturedAt = new Date(start.getTime() + hour * 3_600_000);
      if (capturedAt > now) break;
      const day = dayOf(capturedAt, timeZone);
      const growthDay = Math.round((Date.parse(day) - Date.parse(inDate)) / 86_400_000) + 1;
      const stage = growthDay <= 27 ? ('normal' as const) : ('non_growth' as const);
      const image = { room, day, capturedAt, batchInDate: inDate, camera: '1921681235', growthDay, stage };
      const key = formatImageKey(image, { timeZone });
      images.push({ ...image, key, etag: `${room}-${hour}`, bytes: 1_000 });
    }
  }
  const plain = async (room: string) =>
    sharp({ create: { width: 64, height: 48, channels: 3, background: `#${room}` } })
      .jpeg()
      .toBuffer();
  for (const [n, { key, room }] of images.entries()) {
    await store.write(key, await (farm.picture ?? plain)(room, n));
  }
  for (const image of images) image.etag = (await store.stat(image.key))?.etag ?? image.etag;
  await upsertImages(pool, images);
  await addVectors(pool, images, rooms, addDays(today, -1));
  await addRecords(pool, { rooms, days, today, first, idOf, now });
}

const partsOf = (day: string) => {
  const [year = 0, month = 0, date = 0] = day.split('-').map(Number);
  return { year, month, day: date };
};

async function addVectors(pool: Pool, images: ImageRow[], rooms: string[], yesterday: string): Promise<void> {
  const ofYesterday = (room: string | undefined) =>
    images.filter((image) => image.room === room && image.day === yesterday);
  const bad = ofYesterday(rooms[0]).slice(-2);
  const missing = new Set(ofYesterday(rooms[1]).slice(-3));
  await quarantine(
    pool,
    bad.map(({ key, etag }) => ({
      key,
      etag,
      reason: 'truncated',
      detail: 'the file ends too early',
      bytes: 9,
    })),
  );

  const modelId = await ensureModel(pool, 'test@1/fp32#none', testModel);
  const known = await imageIds(
    pool,
    images.map(({ key }) => key),
  );
  const good = images.filter((image) => !bad.includes(image) && !missing.has(image));
  const client = await pool.connect();
  try {
    await upsertEmbeddings(
      client,
      modelId,
      good.map((image, n) => {
        const vector = directionOf(n);
        const identity = `Mushroom Room ${image.room}, ${image.stage} stage, Day ${image.growthDay}.`;
        return {
          imageId: known.get(image.key)?.id as number,
          etag: image.etag,
          imageVector: vector,
          fusedVector: vector,
          madeFrom: 'identity' as const,
          textUsed: identity,
          textCut: false,
          identityText: identity,
          environment: { temperature: 18.4, humidity: 90.5, co2: 2_494 },
        };
      }),
    );
  } finally {
    client.release();
  }
}

/** Neighbouring numbers point in neighbouring directions. */
function directionOf(n: number): Float32Array {
  const vector = new Float32Array(512);
  vector[0] = Math.cos(n / 50);
  vector[1] = Math.sin(n / 50);
  return vector;
}

interface Records {
  rooms: string[];
  days: number;
  today: string;
  first: string;
  now: Date;
  idOf(room: string, device: string, point: string): number;
}

async function addRecords(pool: Pool, { rooms, days, first, now, idOf }: Records): Promise<void> {
  const slot = new Date(now.getTime() - 3_600_000);
  for (const room of rooms) {
    for (let n = 0; n < days * 3; n++) {
      const at = new Date(now.getTime() - n * 8 * 3_600_000);
      await pool.query(
        `insert into setpoint_change (point_id, changed_at, previous, value, threshold, slot)
         values ($1, $3, $4, $5, 0.5, $6), ($2, $3, $7, $8, null, $6)`,
        [
          idOf(room, 'air_cooler', 'temp_set'),
          idOf(room, 'fresh_air_fan', 'mode'),
          at,
          n % 2 ? 17 : 18,
          n % 2 ? 18 : 17,
          slot,
          n % 3,
          (n + 2) % 3,
        ],
      );
    }
    await pool.query(
      `insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, min, min_at, max,
         max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, minutes_below, minutes_above, growth_day, time_zone)
       select $1, $2::date + n, metric, 1400, 1440, 1400 / 1440.0, interval '7 minutes', low, $2::date + n,
              high, $2::date + n, (low + high) / 2, (low + high) / 2, low, low, (low + high) / 2, high, high, 12, 40, 9 + n, 'UTC'
       from generate_series(0, $3 - 1) n,
            (values ('temperature', 16.4, 18.9), ('humidity', 82.0, 93.5), ('co2', 1700.0, 3100.0)) v(metric, low, high)`,
      [room, first, days],
    );
  }
  await pool.query(
    `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness, report, error)
     select 'hourly_setpoint_monitoring', date_trunc('hour', $1::timestamptz) - make_interval(hours => n) + interval '5 minutes',
            case when n = 2 then 'failed' else 'succeeded' end, 'schedule', 1, $1, $1, interval '1 second',
            '{"changes": 3}', case when n = 2 then 'the database went away' end
     from generate_series(1, 30) n`,
    [now],
  );
  await pool.query(
    `insert into alert (kind, subject, severity, message) values
       ('failure-rate', 'daily_clip_inference', 'warning', '12 % of the images of yesterday failed'),
       ('no-data', 'room ${rooms[0]}', 'critical', 'no readings for 40 minutes')`,
  );
}
