import {
  climateSensors,
  growthDays,
  justAfter,
  listBands,
  listRooms,
  newestReadings,
  type Queryable,
} from '@mycelium/database';
import {
  addDays,
  bandAt,
  type Day,
  dayBounds,
  dayOf,
  litShare,
  type Metric,
  plausibleSql,
  readValueSql,
} from '@mycelium/farm';
import { firstDayNotDue } from '../coverage/coverage.ts';
import type { Now, RoomNow } from './room-now.ts';
import { longSilence, troublesOf } from './troubles.ts';

const halfHours = 48;

/** The current state of each room. */
export async function roomsNow(
  db: Queryable,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<RoomNow[]> {
  const today = dayOf(now, timeZone);
  const { start } = dayBounds(today, timeZone);
  const night = addDays(firstDayNotDue(now, timeZone), -1);
  const rooms = await listRooms(db);
  const [growth, rules, images, latest, curves, changes, pictures] = await Promise.all([
    growthDays(
      db,
      rooms.map((room) => ({ room, day: today, start, end: now })),
    ),
    listBands(db, now),
    latestImages(db, now),
    latestValues(db, now),
    dayCurves(db, now),
    changesSince(db, dayBounds(addDays(today, -1), timeZone).start),
    pictured(db, night),
  ]);

  return rooms.map((room, n): RoomNow => {
    const growthDay = growth[n];
    const metric = (name: Metric): Now | null => {
      const value = latest.get(`${room} ${name}`);
      if (!value) return null;
      const band = bandAt(rules, { room, metric: name, growthDay }, now) ?? null;
      return { ...value, band, curve: curves.get(`${room} ${name}`) ?? [] };
    };
    const state = {
      room,
      image: images.newest.get(room) ?? null,
      litImage: images.lit.get(room) ?? null,
      growthDay: growthDay ?? null,
      metrics: { temperature: metric('temperature'), humidity: metric('humidity'), co2: metric('co2') },
      changes: changes.get(room) ?? 0,
      lastNight: { day: night, ...(pictures.get(room) ?? { images: 0, embedded: 0 }) },
    };
    return { ...state, troubles: troublesOf(state, now) };
  });
}

/** Each room's newest image, and its newest lit one of the last two days. */
async function latestImages(db: Queryable, now: Date) {
  const { rows } = await db.query<NonNullable<RoomNow['image']> & { room: string; lit: boolean }>(
    `with recursive rooms as (
       (select room from image order by room limit 1)
       union all
       select (select room from image where room > rooms.room order by room limit 1)
       from rooms where rooms.room is not null)
     select rooms.room, id, left(md5(etag), 8) as version, captured_at as "capturedAt", stage, lit
     from rooms
     cross join lateral (select percentile_cont(0.9) within group (order by brightness) as bright from image
       where image.room = rooms.room and captured_at <= $1 and captured_at > $1 - interval '2 days') usual
     cross join lateral (
       (select *, false as lit from image where image.room = rooms.room and captured_at <= $1 and ${isNotQuarantined}
        order by captured_at desc limit 1)
       union all
       (select *, true as lit from image where image.room = rooms.room and captured_at <= $1
          and captured_at > $1 - interval '2 days' and brightness >= ${litShare} * bright and ${isNotQuarantined}
        order by captured_at desc limit 1)) latest`,
    [now],
  );
  const images = (wanted: boolean) =>
    new Map(rows.filter(({ lit }) => lit === wanted).map(({ room, lit: _, ...image }) => [room, image]));
  return { newest: images(false), lit: images(true) };
}

const isNotQuarantined =
  'not exists (select from quarantine where quarantine.key = image.key and quarantine.etag = image.etag)';

/** The preferred sensor's value, or another sensor's while it is silent. */
async function latestValues(db: Queryable, now: Date) {
  const { rows } = await db.query<{ room: string; metric: Metric; at: Date; value: number }>(
    `select distinct on (room, metric) room, metric, ts as at, ${readValueSql('value', 'metric')} as value
     from ${climateSensors} sensor cross join lateral ${newestReadings({
       point: 'sensor.id',
       from: justAfter(`($1::timestamptz - interval '31 days')`),
       until: justAfter('$1::timestamptz'),
       where: plausibleSql('value', 'metric'),
     })} latest
     order by room, metric, ts < $2, case when ts >= $2 then rank end, ts desc`,
    [now, new Date(now.getTime() - longSilence)],
  );
  return new Map(rows.map(({ room, metric, at, value }) => [`${room} ${metric}`, { at, value }]));
}

async function dayCurves(db: Queryable, now: Date) {
  const { rows } = await db.query<{ room: string; metric: Metric; rank: number; n: number; value: number }>(
    `select room, metric, rank,
            floor(extract(epoch from ts - ($1::timestamptz - interval '1 day')) / 1800)::int as n,
            avg(${readValueSql('value', 'metric')}) as value
     from ${climateSensors} sensor cross join lateral readings_between(array[sensor.id], $1::timestamptz - interval '1 day', $1) reading
     where ${plausibleSql('value', 'metric')}
     group by 1, 2, 3, 4 order by rank desc`,
    [now],
  );
  const curves = new Map<string, { rank: number; curve: (number | null)[] }>();
  for (const { room, metric, rank, n, value } of rows) {
    const key = `${room} ${metric}`;
    let known = curves.get(key);
    if (known?.rank !== rank) {
      known = { rank, curve: new Array<number | null>(halfHours).fill(null) };
      curves.set(key, known);
    }
    if (n >= 0 && n < halfHours) known.curve[n] = Math.round(value * 100) / 100;
  }
  return new Map([...curves].map(([key, { curve }]) => [key, curve]));
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
