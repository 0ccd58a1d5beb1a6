import { type Day, litShare } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';

/** The pictures of a time-lapse: one room's, from the first day to the last, both included. */
export interface TimeLapse {
  room: string;
  from: Day;
  to: Day;
  /** Every picture, or the one nearest to noon of each day. */
  every: 'image' | 'day';
  /** Also the dark ones. */
  night: boolean;
  timeZone: string;
}

export interface TimeLapseImage {
  id: number;
  key: string;
  /** Changes with the picture. */
  version: string;
  capturedAt: Date;
  growthDay: number;
}

/**
 * The images of a time-lapse in the order of their capture, without quarantined ones. An image whose brightness is not
 * known, since it has no vector yet, counts as lit.
 * @returns the images, and how many of the room's were left out as dark
 */
export async function timeLapseImages(
  db: Queryable,
  { room, from, to, every, night, timeZone }: TimeLapse,
): Promise<{ images: TimeLapseImage[]; dark: number }> {
  const { rows } = await db.query<TimeLapseImage & { dark: boolean }>(
    `with readable as (
       select id, key, left(md5(etag), 8) as version, captured_at, growth_day, brightness,
              captured_at at time zone $4 as local
       from image
       where room = $1 and captured_at >= $2::date::timestamp at time zone $4
         and captured_at < ($3::date + 1)::timestamp at time zone $4
         and not exists (select from quarantine q where q.key = image.key and q.etag = image.etag)),
     judged as (
       select *, coalesce(brightness < $5 * (select percentile_cont(0.9) within group (order by brightness) from readable),
                          false) as dark
       from readable)
     select id, key, version, captured_at as "capturedAt", growth_day as "growthDay", dark and not $6 as dark
     from (select *, row_number() over (partition by local::date, dark and not $6
                     order by abs(extract(epoch from local::time - time '12:00')), id) as nth from judged) ranked
     where $7 = 'image' or nth = 1 or (dark and not $6)
     order by captured_at, id`,
    [room, from, to, timeZone, litShare, night, every],
  );
  const images = rows.filter(({ dark }) => !dark).map(({ dark: _, ...image }) => image);
  return { images, dark: rows.length - images.length };
}

/** The first and last day of the room's newest batch, as its images show it; undefined if the room has no image. */
export async function newestBatch(
  db: Queryable,
  room: string,
  timeZone: string,
): Promise<{ from: Day; to: Day } | undefined> {
  const { rows } = await db.query<{ from: Day; to: Day }>(
    `select (min(captured_at) at time zone $2)::date as from, (max(captured_at) at time zone $2)::date as to
     from image where room = $1
       and in_date = (select in_date from image where room = $1 order by captured_at desc limit 1)
     having count(*) > 0`,
    [room, timeZone],
  );
  return rows[0];
}
