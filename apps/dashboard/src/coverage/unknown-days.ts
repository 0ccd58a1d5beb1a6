import type { Day } from '@mycelium/farm';
import type { ObjectStore } from '@mycelium/storage';
import { Refused } from '../server/refused.ts';
import type { CoverageRow } from './coverage.ts';

/** So many days of rooms, each a question to the store, are looked up while somebody waits. */
const mostLookups = 2_000;
const atOnce = 8;

interface LookOptions {
  store: ObjectStore;
  aliases: Record<string, string>;
  /** From this day on nothing is missing yet. */
  notDue: Day;
}

/**
 * The database knows only of pictures that a run has listed. Of days without any, such as those before a room's
 * first, what is missing is what the store holds.
 */
export async function lookUpUnknown(
  rows: CoverageRow[],
  { store, aliases, notDue }: LookOptions,
): Promise<CoverageRow[]> {
  const looked = structuredClone(rows);
  const unknown = looked.flatMap(({ room, cells }) =>
    cells.filter(({ images, day }) => images === 0 && day < notDue).map((cell) => ({ room, cell })),
  );
  if (unknown.length === 0) return looked;
  if (unknown.length > mostLookups) {
    throw new Refused(400, 'refused.too-many-lookups', { n: unknown.length, most: mostLookups });
  }
  const folders = await store.topFolders();
  const look = async () => {
    for (let next = unknown.pop(); next; next = unknown.pop()) {
      const { room, cell } = next;
      cell.missing = 0;
      for (const folder of folders.filter((folder) => (aliases[folder] ?? folder) === room)) {
        const prefix = `${folder}/${cell.day.replaceAll('-', '')}/`;
        for await (const _ of store.list(prefix)) cell.missing++;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  return looked;
}
