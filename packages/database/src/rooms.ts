import type { Queryable } from './pool.ts';

/** Every room that has a sensor or an image. Jumps from room to room in the index instead of reading all images. */
export async function listRooms(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ room: string }>(
    `with recursive pictured as (
       (select room from image order by room limit 1)
       union all
       select (select room from image where room > pictured.room order by room limit 1)
       from pictured where pictured.room is not null)
     select room from pictured where room is not null union select room from point order by room`,
  );
  return rows.map(({ room }) => room);
}
