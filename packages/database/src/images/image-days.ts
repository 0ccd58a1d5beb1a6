import type { Queryable } from '../pool.ts';

/** The images of one room on one day. Every image is in exactly one of the four states. */
export interface ImageDay {
  room: string;
  /** The day in the folder of the keys. */
  day: string;
  images: number;
  /** Have a vector of the model, made from the image as it is now. */
  embedded: number;
  /** Quarantined in their current version. */
  quarantined: number;
  /** Have a vector, but from another model or from a version of the image that has been replaced. */
  stale: number;
  /** Have no vector and are not quarantined. */
  missing: number;
  /** The embedded ones whose vector includes a description. */
  described: number;
}

/** Days without images are absent. @param model the key of the model whose vectors count; null before the first one */
export async function imageDays(
  db: Queryable,
  { from, to, model }: { from: string; to: string; model: string | null },
): Promise<ImageDay[]> {
  const { rows } = await db.query<ImageDay>(
    `select room, day, count(*) as images,
            count(*) filter (where state = 'embedded') as embedded,
            count(*) filter (where state = 'quarantined') as quarantined,
            count(*) filter (where state = 'stale') as stale,
            count(*) filter (where state = 'missing') as missing,
            count(*) filter (where state = 'embedded' and described) as described
     from (select image.room, image.day, bool_or(e.made_from = 'description') as described,
                  case when bool_or(e.model_id = wanted.id and e.etag = image.etag) then 'embedded'
                       when q.key is not null then 'quarantined'
                       when count(e.image_id) > 0 then 'stale'
                       else 'missing' end as state
           from image
           left join model wanted on wanted.key = $3
           left join image_embedding e on e.image_id = image.id
           left join quarantine q on q.key = image.key and q.etag = image.etag
           where image.day between $1 and $2
           group by image.id, q.key) image
     group by room, day order by day, room`,
    [from, to, model],
  );
  return rows;
}

/** The quarantined images of these rooms on a day. */
export async function quarantinedKeys(db: Queryable, day: string, rooms: string[]): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    'select quarantine.key from quarantine join image using (key) where day = $1 and room = any($2)',
    [day, rooms],
  );
  return rows.map(({ key }) => key);
}
