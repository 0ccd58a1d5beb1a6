import type { Queryable } from '../pool.ts';
import { missingReason } from './quarantine.ts';

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
  /** The quarantined ones that are no longer in the store: no run can embed them. */
  gone: number;
  /** Have a vector, but from another model or from a version of the image that has been replaced. */
  stale: number;
  /** Have no vector and are not quarantined. */
  missing: number;
  /** The embedded ones whose vector includes a description. */
  described: number;
}

interface Range {
  from: string;
  to: string;
  /** The key of the model whose vectors count; null before the first one. */
  model: string | null;
}

/** Each image of the days $1 to $2 with its state for the model $3. */
const withStates = `
  select image.id, image.key, image.room, image.day, image.etag, image.bytes, q.reason,
         bool_or(e.made_from = 'description') as described,
         case when bool_or(e.model_id = wanted.id and e.etag = image.etag) then 'embedded'
              when q.key is not null then 'quarantined'
              when count(e.image_id) > 0 then 'stale'
              else 'missing' end as state
  from image
  left join model wanted on wanted.key = $3
  left join image_embedding e on e.image_id = image.id
  left join quarantine q on q.key = image.key and q.etag = image.etag
  where image.day between $1 and $2
  group by image.id, q.key`;

/** Days without images are absent. */
export async function imageDays(db: Queryable, { from, to, model }: Range): Promise<ImageDay[]> {
  const { rows } = await db.query<ImageDay>(
    `select room, day, count(*) as images,
            count(*) filter (where state = 'embedded') as embedded,
            count(*) filter (where state = 'quarantined') as quarantined,
            count(*) filter (where state = 'quarantined' and reason = '${missingReason}') as gone,
            count(*) filter (where state = 'stale') as stale,
            count(*) filter (where state = 'missing') as missing,
            count(*) filter (where state = 'embedded' and described) as described
     from (${withStates}) image
     group by room, day order by day, room`,
    [from, to, model],
  );
  return rows;
}

export interface ImageToEmbed {
  key: string;
  day: string;
  etag: string;
  bytes: number;
}

/** The images of these days, in some rooms or all, that are missing or stale. */
export async function imagesToEmbed(
  db: Queryable,
  { from, to, model, rooms }: Range & { rooms?: readonly string[] | undefined },
): Promise<ImageToEmbed[]> {
  const { rows } = await db.query<ImageToEmbed>(
    `select key, day, etag, bytes from (${withStates}) image
     where state in ('missing', 'stale') and ($4::text[] is null or room = any($4))`,
    [from, to, model, rooms ?? null],
  );
  return rows;
}

/** The quarantined images of a day, in some rooms or (if empty) all, that may still be in the store. */
export async function quarantinedKeys(db: Queryable, day: string, rooms: string[]): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select quarantine.key from quarantine join image using (key)
     where day = $1 and ($2::text[] = '{}' or room = any($2)) and reason <> '${missingReason}'`,
    [day, rooms],
  );
  return rows.map(({ key }) => key);
}
