import type { Queryable } from '../pool.ts';

export interface ImageRow {
  key: string;
  room: string;
  day: string;
  capturedAt: Date;
  batchInDate: string;
  camera: string;
  growthDay: number;
  stage: string;
  etag: string;
  bytes: number;
}

/** Writes images down by their keys; one that was replaced in the store gets its new etag. */
export async function upsertImages(db: Queryable, images: ImageRow[]): Promise<void> {
  await db.query(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select * from unnest($1::text[], $2::text[], $3::date[], $4::timestamptz[], $5::date[], $6::text[],
                          $7::int[], $8::text[], $9::text[], $10::bigint[])
     on conflict (key) do update set etag = excluded.etag, bytes = excluded.bytes, seen_at = now()
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

/** Of these keys, in their order, those whose present picture has no vector of the model, and is not set aside. */
export async function pendingKeys(db: Queryable, keys: string[], modelId: number): Promise<string[]> {
  const { rows } = await db.query<{ key: string }>(
    `select image.key from unnest($1::text[]) with ordinality as wanted(key, n)
     join image using (key)
     where not exists (select from image_embedding e
                       where e.image_id = image.id and e.model_id = $2 and e.etag = image.etag)
       and not exists (select from quarantine q where q.key = image.key and q.etag = image.etag)
     order by n`,
    [keys, modelId],
  );
  return rows.map(({ key }) => key);
}

/** Days from one to another, both included, with pictures that `pendingKeys` would name. */
export async function pendingDays(
  db: Queryable,
  { from, to, modelKey }: { from: string; to: string; modelKey: string },
): Promise<string[]> {
  const { rows } = await db.query<{ day: string }>(
    `select distinct image.day::text as day from image
     where image.day between $1 and $2
       and not exists (select from image_embedding e
                       where e.image_id = image.id and e.etag = image.etag
                         and e.model_id = (select id from model where key = $3))
       and not exists (select from quarantine q where q.key = image.key and q.etag = image.etag)
     order by day`,
    [from, to, modelKey],
  );
  return rows.map(({ day }) => day);
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

export async function databaseTotals(db: Queryable) {
  const { rows } = await db.query<{ images: number; embeddings: number; quarantined: number }>(
    `select (select count(*) from image) as images, (select count(*) from image_embedding) as embeddings,
            (select count(*) from quarantine) as quarantined`,
  );
  return rows[0] as (typeof rows)[number];
}
