import type { Queryable } from '@mycelium/database';
import type { Day } from '@mycelium/farm';

export interface GalleryFilter {
  room?: string | undefined;
  from?: Day | undefined;
  to?: Day | undefined;
  stage?: 'normal' | 'non_growth' | undefined;
  growthDay?: number | undefined;
  /** 0–100 */
  minQuality?: number | undefined;
  state?: keyof typeof states | undefined;
}

export interface GalleryImage {
  id: number;
  /** Changes with the picture. It is part of the address, so that browsers may cache the picture forever. */
  version: string;
  key: string;
  room: string;
  day: Day;
  capturedAt: Date;
  growthDay: number;
  stage: string;
  quality: number | null;
  embedded: boolean;
  described: boolean;
  quarantined: boolean;
}

const columns = `
  image.id, left(md5(image.etag), 8) as version, image.key, image.room, image.day, image.captured_at as "capturedAt",
  image.growth_day as "growthDay", image.stage, e.quality, e.image_id is not null as embedded,
  e.made_from is not distinct from 'description' as described, q.key is not null as quarantined`;

const tables = `
  image
  left join image_embedding e on e.image_id = image.id and e.etag = image.etag
    and e.model_id = (select model_id from active_model)
  left join quarantine q on q.key = image.key and q.etag = image.etag`;

/** Written out, so that PostgreSQL can use anti-joins instead of checking each image. */
const states = {
  embedded: 'e.image_id is not null',
  described: `e.made_from = 'description'`,
  missing: 'e.image_id is null and q.key is null',
  quarantined: 'q.key is not null',
};

const matching = ({ state }: GalleryFilter) => `
  ($1::text is null or image.room = $1)
  and ($2::date is null or image.day >= $2) and ($3::date is null or image.day <= $3)
  and ($4::text is null or image.stage = $4) and ($5::int is null or image.growth_day = $5)
  and ($6::float8 is null or e.quality >= $6)
  and ${state ? states[state] : true}`;

const parameters = (filter: GalleryFilter) => [
  filter.room ?? null,
  filter.from ?? null,
  filter.to ?? null,
  filter.stage ?? null,
  filter.growthDay ?? null,
  filter.minQuality ?? null,
];

/** A page of images, newest first, starting after the last one of the previous page. */
export async function galleryPage(
  db: Queryable,
  filter: GalleryFilter,
  { after, limit }: { after?: { capturedAt: Date; id: number } | undefined; limit: number },
): Promise<GalleryImage[]> {
  const { rows } = await db.query<GalleryImage>(
    `select ${columns} from ${tables} where ${matching(filter)}
       and ($7::timestamptz is null or (image.captured_at, image.id) < ($7, $8))
     order by image.captured_at desc, image.id desc limit $9`,
    [...parameters(filter), after?.capturedAt ?? null, after?.id ?? null, limit],
  );
  return rows;
}

export async function galleryCount(db: Queryable, filter: GalleryFilter): Promise<number> {
  // Joins only the tables that the filter needs.
  const joined = filter.minQuality !== undefined || filter.state !== undefined;
  const from = joined
    ? tables
    : 'image, lateral (select null::float8 as quality, null::bigint as image_id, null::text as made_from) e, lateral (select null::text as key) q';
  const { rows } = await db.query<{ count: number }>(
    `select count(*) from ${from} where ${matching(filter)}`,
    parameters(filter),
  );
  return rows[0]?.count ?? 0;
}

/** The images of these keys, in their order. */
export async function galleryOf(db: Queryable, keys: string[]): Promise<GalleryImage[]> {
  const { rows } = await db.query<GalleryImage>(
    `select ${columns} from unnest($1::text[]) with ordinality as wanted(wanted_key, n)
     join (${tables}) on image.key = wanted_key order by n`,
    [keys],
  );
  return rows;
}

export interface ImageDetail extends GalleryImage {
  inDate: Day;
  camera: string;
  bytes: number;
  madeFrom: 'description' | 'identity' | null;
  textUsed: string | null;
  textCut: boolean | null;
  identityText: string | null;
  temperature: number | null;
  humidity: number | null;
  co2: number | null;
  description: Record<string, unknown> | null;
  embeddedAt: Date | null;
  model: string | null;
  demoModel: boolean | null;
  /** Models other than the active one that it has vectors from. */
  otherModels: string[];
  quarantine: { reason: string; detail: string; lastSeen: string; times: number } | null;
}

export async function findImage(db: Queryable, id: number): Promise<ImageDetail | undefined> {
  const { rows } = await db.query<ImageDetail>(
    `select ${columns}, image.in_date as "inDate", image.camera, image.bytes, e.made_from as "madeFrom",
            e.text_used as "textUsed", e.text_cut as "textCut", e.identity_text as "identityText",
            e.temperature, e.humidity, e.co2, e.description, e.embedded_at as "embeddedAt",
            model.key as model, model.demo as "demoModel",
            array(select other.key from image_embedding o join model other on other.id = o.model_id
                  where o.image_id = image.id and o.model_id is distinct from e.model_id) as "otherModels",
            case when q.key is not null then jsonb_build_object('reason', q.reason, 'detail', q.detail,
              'lastSeen', q.last_seen, 'times', q.times) end as quarantine
     from ${tables} left join model on model.id = e.model_id where image.id = $1`,
    [id],
  );
  return rows[0];
}

/** Where an image is in the store, and the version of its picture. */
export async function imageObject(
  db: Queryable,
  id: number,
): Promise<{ key: string; etag: string } | undefined> {
  const { rows } = await db.query<{ key: string; etag: string }>(
    'select key, etag from image where id = $1',
    [id],
  );
  return rows[0];
}

/** At most one image for each of `slots` parts of the range: the strip below the curves. */
export async function imageStrip(
  db: Queryable,
  { room, from, to, slots }: { room: string; from: Date; to: Date; slots: number },
): Promise<{ id: number; version: string; capturedAt: Date }[]> {
  const { rows } = await db.query<{ id: number; version: string; capturedAt: Date }>(
    `select distinct on (slot) id, left(md5(etag), 8) as version, captured_at as "capturedAt"
     from (select id, etag, key, captured_at,
                  floor(extract(epoch from captured_at - $2::timestamptz)
                    / extract(epoch from $3::timestamptz - $2) * $4)::int as slot
           from image where room = $1 and captured_at >= $2 and captured_at < $3) image
     where not exists (select from quarantine where quarantine.key = image.key and quarantine.etag = image.etag)
     order by slot, captured_at`,
    [room, from, to, slots],
  );
  return rows;
}
