import { type ImageDay, imageDays, listRooms, type Queryable } from '@mycelium/database';
import { addDays, type Day, daysBetween } from '@mycelium/farm';
import { lastDueDay, staleRooms } from '@mycelium/operations';
import { backfillJob } from '@mycelium/queue';

export interface CoverageCell {
  day: Day;
  /**
   * What a full day would hold: the existing images, or as many as the room has on a usual day. On a day that is not
   * due, only the images that have been processed.
   */
  expected: number;
  images: number;
  embedded: number;
  described: number;
  quarantined: number;
  /** Have vectors, but from a model that workers do not use, or from an image that was replaced. */
  stale: number;
  /** Are in the store but not embedded, quarantined or stale: a backfill embeds these. */
  missing: number;
  /** Expected but not in the store: a backfill cannot help. */
  absent: number;
  /** The least covered metric of the day's readings, 0–1; null without statistics. */
  readings: number | null;
  /** Whether readings of the day were written after its statistics were computed. */
  readingsStale: boolean;
}

export interface CoverageRow {
  room: string;
  cells: CoverageCell[];
}

interface CoverageOptions {
  from: Day;
  to: Day;
  timeZone: string;
  now: Date;
  model: string | null;
}

/**
 * The first day whose images the nightly run has not been due to embed: yesterday until the night's slot, else today.
 */
export const firstDayNotDue = (now: Date, timeZone: string): Day =>
  addDays(lastDueDay({ timeZone, clock: () => now }, backfillJob('images')), 1);

/** The coverage of each room, day by day. */
export async function coverage(
  pool: Parameters<typeof staleRooms>[0]['pool'],
  { from, to, timeZone, now, model }: CoverageOptions,
): Promise<CoverageRow[]> {
  const [rooms, counted, readings, stale] = await Promise.all([
    listRooms(pool),
    imageDays(pool, { from, to, model }),
    readingsCoverage(pool, from, to),
    staleRooms({ pool, timeZone }, 'readings', { from, to }),
  ]);
  const notDue = firstDayNotDue(now, timeZone);
  const ofRoom = Map.groupBy(counted, ({ room }) => room);
  return rooms.map((room) => {
    const days = new Map(ofRoom.get(room)?.map((row) => [row.day, row]));
    const usual = median([...days.values()].filter(({ day }) => day < notDue).map(({ images }) => images));
    const first = [...days.keys()].sort()[0];
    const cells = daysBetween(from, to).map((day): CoverageCell => {
      // Before its first image, a room is not expected to have any.
      const expected = first !== undefined && day >= first ? usual : 0;
      return {
        ...cellOf(day, days.get(day), day < notDue ? expected : undefined),
        readings: readings.get(`${room} ${day}`) ?? null,
        readingsStale: stale.get(day)?.includes(room) ?? false,
      };
    });
    return { room, cells };
  });
}

/** @param usual undefined on a day that is not due */
function cellOf(day: Day, counts: ImageDay | undefined, usual: number | undefined) {
  const { images = 0, embedded = 0, described = 0, quarantined = 0, stale = 0, missing = 0 } = counts ?? {};
  const due = usual !== undefined;
  const expected = due ? Math.max(images, usual) : embedded + quarantined + stale;
  return {
    day,
    expected,
    images,
    embedded,
    described,
    quarantined,
    stale,
    missing: due ? missing : 0,
    absent: due ? expected - images : 0,
  };
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
