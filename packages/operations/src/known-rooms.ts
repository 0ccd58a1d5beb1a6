import { listRooms } from '@mycelium/database';
import { isRoom, realRoom } from '@mycelium/farm';
import { Refusal } from '@mycelium/words';
import type { Operations } from './operations.ts';

const mostNamed = 50;

/**
 * The farm's names of the rooms that a person chose, which may be aliases.
 * @throws Refusal naming the known rooms when one of them does not exist
 */
export async function knownRooms(
  { pool, store, aliases }: Pick<Operations, 'pool' | 'store' | 'aliases'>,
  chosen: readonly string[],
): Promise<string[]> {
  const rooms = [...new Set(chosen.map((room) => realRoom(room, aliases)))];
  const known = new Set(await listRooms(pool));
  if (rooms.some((room) => !known.has(room))) {
    // A new room is known by its first image, which the database has not recorded yet.
    const folders = (await store?.topFolders().catch(() => [])) ?? [];
    for (const folder of folders.filter(isRoom)) known.add(realRoom(folder, aliases));
  }
  const unknown = rooms.find((room) => !known.has(room));
  if (unknown !== undefined) {
    throw new Refusal('invalid', 'refused.no-room', { room: unknown, rooms: named([...known].sort()) });
  }
  return rooms;
}

function named(rooms: string[]): string {
  if (rooms.length === 0) return '–';
  return rooms.slice(0, mostNamed).join(', ') + (rooms.length > mostNamed ? ' …' : '');
}
