import type { Phase } from '@mycelium/farm';
import type { Queryable } from '../pool.ts';
import { releaseListed } from './quarantine.ts';

export interface ImageRow {
  key: string;
  room: string;
  day: string;
  capturedAt: Date;
  batchInDate: string;
  camera: string;
  growthDay: number;
  stage: Phase;
  etag: string;
  bytes: number;
}

/** Records images by key; an image that was replaced in the store gets its new etag. */
export async function upsertImages(db: Queryable, images: ImageRow[]): Promise<void> {
  await db.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select * from unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[], $5::date[], $6::text[],
                          $7::int[], $8::text[], $9::text[], $10::bigint[])
     on conflict (key) do update set etag = excluded.etag, bytes = excluded.bytes, brightness = null, seen_at = now()
       where image.etag <> excluded.etag`,
    [
      images.map(({ key }) => key),
      images.map(({ room }) => room),
      images.map(({ day }) => day),
      images.map(({ capturedAt }) => capturedAt),
      images.map(({ batchInDate }) => batchInDate),
      images.map(({ camera }) => camera),
      images.map(({ growthDay }) => growthDay),
      images.map(({ stage }) => stage),
      images.map(({ etag }) => etag),
      images.map(({ bytes }) => bytes),
    ],
  );
}

/**
 * Records images that the store has: writes only the new and the replaced ones, since most of what is listed is known,
 * and releases what was quarantined as missing.
 */
export async function recordListed(db: Queryable, images: ImageRow[]): Promise<void> {
  if (images.length === 0) return;
  const keys = images.map(({ key }) => key);
  const known = await imageIds(db, keys);
  const news = images.filter(({ key, etag }) => known.get(key)?.etag !== etag);
  if (news.length > 0) await upsertImages(db, news);
  await releaseListed(db, keys);
}

/** The keys, in order, whose current picture has no vector of the model and is not quarantined. */
export async function pendingKeys(db: Queryable, keys: string[], modelId: number): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select image.key from unnest($1::text[]) with ordinality as requested(key, n)
     join image using (key)
     where not exists (select from image_embedding e
                       where e.image_id = image.id and e.model_id = $2 and e.etag = image.etag)
       and not exists (select from quarantine q where q.key = image.key and q.etag = image.etag)
     order by n`,
    [keys, modelId],
  );
  return rows.map(({ key }) => key);
}

export interface RecordedImage extends ImageRow {
  id: number;
}

/** The rows of these keys, in the order of the keys. A key without a row is left out. */
export async function recordedImages(db: Queryable, keys: string[]): Promise<RecordedImage[]> {
  const { rows } = await db.query<RecordedImage>(
    `select id, key, room, day::text as day, captured_at as "capturedAt", in_date::text as "batchInDate", camera,
            growth_day as "growthDay", stage, etag, bytes
     from unnest($1::text[]) with ordinality as requested(key, n) join image using (key) order by n`,
    [keys],
  );
  return rows;
}

/** A picture that turned out to be replaced when it was read. */
export interface Replacement {
  key: string;
  /** The etag its row has had until now. */
  known: string;
  etag: string;
  bytes: number;
}

/** Updates rows to what was read. Skips a row that another process has updated since. */
export async function updateReplaced(db: Queryable, replaced: Replacement[]): Promise<void> {
  if (replaced.length === 0) return;
  await db.query(
    `update image set etag = row.etag, bytes = row.bytes, brightness = null, seen_at = now()
     from unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) as row(key, known, etag, bytes)
     where image.key = row.key and image.etag = row.known`,
    [
      replaced.map(({ key }) => key),
      replaced.map(({ known }) => known),
      replaced.map(({ etag }) => etag),
      replaced.map(({ bytes }) => bytes),
    ],
  );
}

/** Records how bright the pictures are, 0–1. Skips a row whose picture was replaced meanwhile. */
export async function setBrightness(
  db: Queryable,
  images: { id: number; etag: string; brightness: number }[],
): Promise<void> {
  if (images.length === 0) return;
  await db.query(
    // Locked in the same order as in upsertImages.
    `update image set brightness = row.brightness
     from (select image.id, row.brightness from unnest($1::bigint[], $2::text[], $3::real[]) as row(id, etag, brightness)
           join image on image.id = row.id and image.etag = row.etag
           order by image.key collate "C" for update of image) row
     where image.id = row.id`,
    [images.map(({ id }) => id), images.map(({ etag }) => etag), images.map(({ brightness }) => brightness)],
  );
}

export async function imageIds(
  db: Queryable,
  keys: string[],
): Promise<Map<string, { id: number; etag: string }>> {
  const { rows } = await db.query<{ key: string; id: number; etag: string }>(
    'select key, id, etag from image where key = any($1)',
    [keys],
  );
  return new Map(rows.map(({ key, id, etag }) => [key, { id, etag }]));
}

/** How many images are recorded for these days of their folders, inclusive. */
export async function countImages(db: Queryable, from: string, to: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'select count(*) from image where day between $1 and $2',
    [from, to],
  );
  return (rows[0] as { count: number }).count;
}

export async function databaseTotals(db: Queryable) {
  const { rows } = await db.query<{ images: number; embeddings: number; quarantined: number }>(
    `select (select count(*) from image) as images, (select count(*) from image_embedding) as embeddings,
            (select count(*) from quarantine) as quarantined`,
  );
  return rows[0] as (typeof rows)[number];
}
