import type { Queryable } from '@mycelium/database';
import { type Day, dayOf, daysBetween } from '@mycelium/farm';
import { latestSlot } from '@mycelium/queue';
import { listRooms } from '../rooms/room-list.ts';

export interface CoverageCell {
  day: Day;
  /** What a full day would hold: as many as the store is known to, or as the room's usual day does; of a day whose
   * night has not come, what has been done all the same. */
  expected: number;
  images: number;
  embedded: number;
  described: number;
  quarantined: number;
  /** Have vectors, but of another model than the one in use, or of a picture since replaced. */
  stale: number;
  /** Expected, and neither embedded nor set aside nor stale. */
  missing: number;
  /** The least covered metric of the day's readings, 0–1; null without statistics. */
  readings: number | null;
}

export interface CoverageRow {
  room: string;
  cells: CoverageCell[];
}

interface Counted {
  room: string;
  day: Day;
  images: number;
  embedded: number;
  described: number;
  quarantined: number;
  stale: number;
}

/** The first day that the nightly run is not to have read yet: today, but yesterday until the night's slot. */
export const firstDayNotDue = (now: Date, timeZone: string): Day =>
  dayOf(latestSlot('daily_clip_inference', timeZone, now), timeZone);

/**
 * Room by room and day by day, what is there of what there should be.
 * @param notDue from this day on nothing is missing yet
 */
export async function coverage(
  db: Queryable,
  { from, to, notDue }: { from: Day; to: Day; notDue: Day },
): Promise<CoverageRow[]> {
  const [rooms, counted, readings] = await Promise.all([
    listRooms(db),
    countImages(db, from, to),
    readingsCoverage(db, from, to),
  ]);
  return rooms.map((room) => {
    const ofRoom = new Map(counted.filter((row) => row.room === room).map((row) => [row.day, row]));
    const usual = median([...ofRoom.values()].filter(({ day }) => day < notDue).map(({ images }) => images));
    const first = [...ofRoom.keys()].sort()[0];
    const cells = daysBetween(from, to).map((day): CoverageCell => {
      const found = ofRoom.get(day);
      const { images = 0, embedded = 0, described = 0, quarantined = 0, stale = 0 } = found ?? {};
      const done = embedded + quarantined + stale;
      // Before its first picture a room is expected to have none.
      const full = first !== undefined && day >= first ? Math.max(images, usual) : images;
      const expected = day < notDue ? full : done;
      return {
        day,
        expected,
        images,
        embedded,
        described,
        quarantined,
        stale,
        missing: Math.max(0, expected - done),
        readings: readings.get(`${room} ${day}`) ?? null,
      };
    });
    return { room, cells };
  });
}

async function countImages(db: Queryable, from: Day, to: Day): Promise<Counted[]> {
  const { rows } = await db.query<Counted>(
    `select room, day, count(*) as images,
            count(*) filter (where current) as embedded,
            count(*) filter (where current and described) as described,
            count(*) filter (where set_aside and current is not true) as quarantined,
            count(*) filter (where not current and not set_aside) as stale
     from (select image.room, image.day, bool_or(e.model_id = (select model_id from active_model) and e.etag = image.etag) as current,
                  bool_or(e.made_from = 'description') as described, q.key is not null as set_aside
           from image
           left join image_embedding e on e.image_id = image.id
           left join quarantine q on q.key = image.key and q.etag = image.etag
           where image.day between $1 and $2
           group by image.id, q.key) image
     group by room, day`,
    [from, to],
  );
  return rows;
}

async function readingsCoverage(db: Queryable, from: Day, to: Day): Promise<Map<string, number>> {
  const { rows } = await db.query<{ room: string; day: Day; coverage: number }>(
    `select room, day, min(coverage) as coverage from env_daily_stats where day between $1 and $2 group by 1, 2`,
    [from, to],
  );
  return new Map(rows.map(({ room, day, coverage }) => [`${room} ${day}`, coverage]));
}

function median(counts: number[]): number {
  const sorted = counts.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
