import type { Day } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { newestReadings } from './newest-readings.ts';

/** A room's local day, or the part of it that is over. */
export interface RoomDay {
  room: string;
  day: Day;
  start: Date;
  end: Date;
}

const lastOfDay = newestReadings({
  point: 'point.id',
  from: 'requested.start_at',
  until: 'requested.end_at',
  where: `value <> 'NaN'`,
});

/**
 * The growth day of each room and day: the controller's own (the last `in_day_num` of the day), or else counted from
 * the in-date of the room's latest picture up to then. Undefined if there is neither.
 * @returns the growth days in the order of `requested`
 */
export async function growthDays(db: Queryable, requested: RoomDay[]): Promise<(number | undefined)[]> {
  if (requested.length === 0) return [];
  const { rows } = await db.query<{ growthDay: number | null }>(
    `select coalesce(controller.day, picture.day)::int as "growthDay"
     from unnest($1::text[], $2::date[], $3::timestamptz[], $4::timestamptz[])
       with ordinality as requested(room, day, start_at, end_at, n)
     left join lateral (select round(latest.value) as day
       from point cross join lateral ${lastOfDay} latest
       where point.room = requested.room and point.device_type = 'mushroom_info' and point.point = 'in_day_num'
       order by latest.ts desc limit 1) controller on true
     left join lateral (select requested.day - in_date + 1 as day from image
       where image.room = requested.room and captured_at < requested.end_at
       order by captured_at desc limit 1) picture on true
     order by n`,
    [
      requested.map(({ room }) => room),
      requested.map(({ day }) => day),
      requested.map(({ start }) => start),
      requested.map(({ end }) => end),
    ],
  );
  return rows.map(({ growthDay }) => growthDay ?? undefined);
}
