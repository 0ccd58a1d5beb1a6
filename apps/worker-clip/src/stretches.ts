import { addDays, type Day, dayDigits, daysBetween, realRoom } from '@mycelium/farm';
import type { ObjectStore, StoredObject } from '@mycelium/storage';

export interface SelectedDays {
  /** Local days of the keys' folders, inclusive. */
  from: Day;
  to: Day;
  rooms?: string[];
  /** Also select the images from this day on that came too late for the run of their own day. */
  lateFrom?: Day;
}

/** Days of one folder of the store, inclusive, which one listing covers. */
interface Stretch {
  folder: string;
  from: Day;
  to: Day;
  late: boolean;
}

/** The selected days, day by day, and then the days before them, folder by folder. */
export function stretchesOf(
  { from, to, rooms, lateFrom }: SelectedDays,
  allFolders: string[],
  aliases: Record<string, string>,
): Stretch[] {
  const folders = allFolders.filter((folder) => !rooms || rooms.includes(realRoom(folder, aliases)));
  const selected = daysBetween(from, to).flatMap((day) =>
    folders.map((folder) => ({ folder, from: day, to: day, late: false })),
  );
  if (!lateFrom || lateFrom >= from) return selected;
  const before = addDays(from, -1);
  return [...selected, ...folders.map((folder) => ({ folder, from: lateFrom, to: before, late: true }))];
}

/**
 * Every object of the stretches after a key. A stretch of several days takes one request per 1,000 objects, whatever
 * the number of days.
 */
export async function* listStretches(
  store: ObjectStore,
  stretches: Stretch[],
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<StoredObject & { late: boolean }> {
  const begun = after === undefined ? 0 : stretches.findIndex((stretch) => contains(stretch, after));
  for (const [at, stretch] of stretches.entries()) {
    if (at < begun) continue;
    const { folder, from, to, late } = stretch;
    const prefix = from === to ? `${folder}/${dayDigits(from)}/` : `${folder}/`;
    const start = from === to ? undefined : `${folder}/${dayDigits(from)}`;
    for await (const object of store.list(prefix, { after: at === begun && after ? after : start, signal })) {
      if (!contains(stretch, object.key)) break;
      yield { ...object, late };
    }
  }
}

function contains({ folder, from, to }: Stretch, key: string): boolean {
  const [keyFolder, date = ''] = key.split('/');
  return keyFolder === folder && date >= dayDigits(from) && date <= dayDigits(to);
}
