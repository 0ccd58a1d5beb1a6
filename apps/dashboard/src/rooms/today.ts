import { listRooms, type Queryable } from '@mycelium/database';
import { addDays, type Day, dayBounds, dayOf, daysApart } from '@mycelium/farm';
import { firstDayNotDue } from '../coverage/coverage.ts';
import type { Metric } from '../server/shapes.ts';
import { type Band, bandsOf, readBands } from './bands.ts';
import { type Trouble, troublesOf } from './troubles.ts';

export interface RoomNow {
  room: string;
  image: { id: number; version: string; capturedAt: Date; stage: string } | null;
  growthDay: number | null;
  metrics: Record<Metric, Now | null>;
  /** Changes of setpoints, switches and modes since yesterday began. */
  changes: number;
  /** Pictures of the newest day whose night has come: how many there are, and have a vector of the model in use. */
  lastNight: { day: Day; images: number; embedded: number };
  troubles: Trouble[];
}

export interface Now {
  value: number;
  at: Date;
  band: { low: number; high: number } | null;
  /** Half hours of the last day, oldest first. */
  curve: (number | null)[];
}

/** A dropped sensor says 0 ppm or more than 100 %: that is no value. */
export const sane = `not (point.point = 'co2' and value <= 0) and not (point.point = 'humidity' and value > 100)`;
const halfHours = 48;

/** Each room as it stands. */
export async function roomsNow(
  db: Queryable,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<RoomNow[]> {
  const today = dayOf(now, timeZone);
  const yesterday = addDays(today, -1);
  const night = addDays(firstDayNotDue(now, timeZone), -1);
  const [rooms, bands, images, latest, curves, changes, pictures] = await Promise.all([
    listRooms(db),
    readBands(db),
    latestImages(db, now),
    latestValues(db, now),
    dayCurves(db, now),
    changesSince(db, dayBounds(yesterday, timeZone).start),
    pictured(db, night),
  ]);

  return rooms.map((room): RoomNow => {
    const image = images.get(room);
    const growthDay = image ? daysApart(image.inDate, today) + 1 : null;
    const valid = growthDay === null ? [] : bandsOf(bands, room, growthDay, now);
    const metric = (name: Metric): Now | null => {
      const value = latest.get(`${room} ${name}`);
      if (!value) return null;
      return { ...value, band: bandOf(valid, name), curve: curves.get(`${room} ${name}`) ?? [] };
    };
    const state = {
      room,
      image: image
        ? { id: image.id, version: image.version, capturedAt: image.capturedAt, stage: image.stage }
        : null,
      growthDay,
      metrics: { temperature: metric('temperature'), humidity: metric('humidity'), co2: metric('co2') },
      changes: changes.get(room) ?? 0,
      lastNight: { day: night, ...(pictures.get(room) ?? { images: 0, embedded: 0 }) },
    };
    return { ...state, troubles: troublesOf(state, now) };
  });
}

function bandOf(bands: Band[], metric: Metric) {
  const band = bands.find((candidate) => candidate.metric === metric);
  return band ? { low: band.low, high: band.high } : null;
}

async function latestImages(db: Queryable, now: Date) {
  const { rows } = await db.query<{
    room: string;
    id: number;
    version: string;
    capturedAt: Date;
    stage: string;
    inDate: Day;
  }>(
    `with recursive rooms as (
       (select room from image order by room limit 1)
       union all
       select (select room from image where room > rooms.room order by room limit 1)
       from rooms where rooms.room is not null)
     select rooms.room, id, left(md5(etag), 8) as version, captured_at as "capturedAt", stage, in_date as "inDate"
     from rooms cross join lateral (select id, etag, captured_at, stage, in_date from image
       where image.room = rooms.room and captured_at <= $1
         and not exists (select from quarantine where quarantine.key = image.key and quarantine.etag = image.etag)
       order by captured_at desc limit 1) latest`,
    [now],
  );
  return new Map(rows.map((row) => [row.room, row]));
}

async function latestValues(db: Queryable, now: Date) {
  const { rows } = await db.query<{ room: string; metric: Metric; at: Date; value: number }>(
    `select distinct on (room, metric) point.room, point.point as metric, ts as at, value
     from point cross join lateral (select ts, value from reading
       where point_id = point.id and ts <= $1 and ts > $1 - interval '31 days' and ${sane}
       order by ts desc limit 1) latest
     where device_type = 'mushroom_env_status' and point.point in ('temperature', 'humidity', 'co2')
     order by room, metric, ts desc`,
    [now],
  );
  return new Map(rows.map(({ room, metric, at, value }) => [`${room} ${metric}`, { at, value }]));
}

async function dayCurves(db: Queryable, now: Date) {
  const { rows } = await db.query<{ room: string; metric: Metric; n: number; value: number }>(
    `select room, point as metric, floor(extract(epoch from ts - ($1::timestamptz - interval '1 day')) / 1800)::int as n,
            avg(value) as value
     from point join reading on point_id = point.id
     where device_type = 'mushroom_env_status' and point in ('temperature', 'humidity', 'co2')
       and ts > $1::timestamptz - interval '1 day' and ts < $1 and ${sane}
     group by 1, 2, 3`,
    [now],
  );
  const curves = new Map<string, (number | null)[]>();
  for (const { room, metric, n, value } of rows) {
    const key = `${room} ${metric}`;
    const curve = curves.get(key) ?? new Array<number | null>(halfHours).fill(null);
    curves.set(key, curve);
    if (n >= 0 && n < halfHours) curve[n] = Math.round(value * 100) / 100;
  }
  return curves;
}

async function changesSince(db: Queryable, since: Date) {
  const { rows } = await db.query<{ room: string; count: number }>(
    `select room, count(*) from setpoint_change join point on point.id = point_id
     where changed_at >= $1 and previous is not null group by room`,
    [since],
  );
  return new Map(rows.map(({ room, count }) => [room, count]));
}

async function pictured(db: Queryable, day: Day) {
  const { rows } = await db.query<{ room: string; images: number; embedded: number }>(
    `select room, count(*) as images, count(e.image_id) as embedded
     from image left join image_embedding e on e.image_id = image.id and e.etag = image.etag
       and e.model_id = (select model_id from active_model)
     where day = $1 group by room`,
    [day],
  );
  return new Map(rows.map(({ room, images, embedded }) => [room, { images, embedded }]));
}
