import type { Queryable } from '../pool.ts';
import { halfVectorArray, parseVector } from './vector.ts';

export interface EmbeddingRow {
  imageId: number;
  etag: string;
  imageVector: Float32Array;
  fusedVector: Float32Array;
  madeFrom: 'description' | 'identity';
  /** The exact text that the text vector was made from. */
  textUsed: string;
  textCut: boolean;
  identityText: string;
  environment: { temperature?: number; humidity?: number; co2?: number };
}

/**
 * Writes a batch of vectors in one statement: one row per image and model; writing it again replaces it. An image whose
 * row is gone or now has another etag is left out: its vector would belong to a picture that no longer exists.
 * @returns the ids of the images that were written.
 */
export async function upsertEmbeddings(
  db: Queryable,
  modelId: number,
  rows: EmbeddingRow[],
): Promise<number[]> {
  if (rows.length === 0) return [];
  const { rows: written } = await db.query<{ id: number }>(
    `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used,
                                  text_cut, identity_text, temperature, humidity, co2)
     select image_id, $1, row.etag, image_vector, fused_vector, made_from, text_used, text_cut, identity_text, t, h, c
     from unnest($2::bigint[], $3::text[], $4::halfvec[], $5::halfvec[], $6::text[], $7::text[], $8::boolean[],
                 $9::text[], $10::float8[], $11::float8[], $12::float8[])
       as row(image_id, etag, image_vector, fused_vector, made_from, text_used, text_cut, identity_text, t, h, c)
     join image on image.id = row.image_id and image.etag = row.etag
     -- Locked in the same order as in upsertImages, so that the etags cannot change before the commit.
     order by image.key collate "C" for share of image
     on conflict (image_id, model_id) do update set
       etag = excluded.etag, image_vector = excluded.image_vector, fused_vector = excluded.fused_vector,
       made_from = excluded.made_from, text_used = excluded.text_used, text_cut = excluded.text_cut,
       identity_text = excluded.identity_text, temperature = excluded.temperature,
       humidity = excluded.humidity, co2 = excluded.co2, description = null, quality = null, embedded_at = now()
     returning image_id as id`,
    [
      modelId,
      rows.map(({ imageId }) => imageId),
      rows.map(({ etag }) => etag),
      await halfVectorArray(
        db,
        rows.map(({ imageVector }) => imageVector),
      ),
      await halfVectorArray(
        db,
        rows.map(({ fusedVector }) => fusedVector),
      ),
      rows.map(({ madeFrom }) => madeFrom),
      rows.map(({ textUsed }) => textUsed),
      rows.map(({ textCut }) => textCut),
      rows.map(({ identityText }) => identityText),
      rows.map(({ environment }) => environment.temperature ?? null),
      rows.map(({ environment }) => environment.humidity ?? null),
      rows.map(({ environment }) => environment.co2 ?? null),
    ],
  );
  return written.map(({ id }) => id);
}

/** Images of these keys that have a vector of the model and no description yet. */
export async function imagesToDescribe(db: Queryable, keys: string[], modelId: number) {
  const { rows } = await db.query<{
    imageId: number;
    key: string;
    day: string;
    etag: string;
    vector: string;
    identityText: string;
  }>(
    `select e.image_id as "imageId", image.key, image.day::text as day, e.etag, e.image_vector::text as vector, e.identity_text as "identityText"
     from image join image_embedding e on e.image_id = image.id
     where image.key = any($1) and e.model_id = $2 and e.description is null and e.etag = image.etag`,
    [keys, modelId],
  );
  return rows.map(({ vector, ...row }) => ({ ...row, imageVector: parseVector(vector) }));
}

export interface DescriptionRow {
  imageId: number;
  etag: string;
  fusedVector: Float32Array;
  textUsed: string;
  textCut: boolean;
  description: object;
  /** 0–100: focus, light, noise, obstruction. */
  quality: number;
}

/** Stores descriptions and the vectors fused with them. Skips a picture that was replaced in the meantime. */
export async function updateDescriptions(
  db: Queryable,
  modelId: number,
  rows: DescriptionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await db.query(
    `update image_embedding e set fused_vector = row.fused, text_used = row.text_used, text_cut = row.text_cut,
       description = row.description, quality = row.quality, made_from = 'description'
     from unnest($2::bigint[], $3::text[], $4::halfvec[], $5::text[], $6::boolean[], $7::jsonb[], $8::float8[])
       as row(image_id, etag, fused, text_used, text_cut, description, quality)
     where e.image_id = row.image_id and e.model_id = $1 and e.etag = row.etag`,
    [
      modelId,
      rows.map(({ imageId }) => imageId),
      rows.map(({ etag }) => etag),
      await halfVectorArray(
        db,
        rows.map(({ fusedVector }) => fusedVector),
      ),
      rows.map(({ textUsed }) => textUsed),
      rows.map(({ textCut }) => textCut),
      rows.map(({ description }) => JSON.stringify(description)),
      rows.map(({ quality }) => quality),
    ],
  );
}

/** Records, in the transaction of the vectors, that these images need a description. */
export async function wantDescriptions(db: Queryable, modelId: number, imageIds: number[]): Promise<void> {
  await db.query(
    `insert into description_wanted (image_id, model_id) select unnest($2::bigint[]), $1
     on conflict (image_id, model_id) do update set wanted_at = excluded.wanted_at`,
    [modelId, imageIds],
  );
}

/** Deletes that record: this version of the image has its description or will never get one. */
export async function settleDescription(
  db: Queryable,
  modelId: number,
  { imageId, etag }: { imageId: number; etag: string },
): Promise<void> {
  await db.query(
    `delete from description_wanted w using image_embedding e
     where w.image_id = $2 and w.model_id = $1 and e.image_id = $2 and e.model_id = $1 and e.etag = $3`,
    [modelId, imageId, etag],
  );
}

/** What a try to describe an image cost: time, and tokens as the captioner counts them. */
export interface DescriptionCost {
  seconds: number;
  questionTokens: number;
  answerTokens: number;
}

/** Adds it to what the descriptions of this day's images cost, which the reports of its runs show. */
export async function addDescriptionCost(
  db: Queryable,
  day: string,
  { seconds, questionTokens, answerTokens }: DescriptionCost,
  succeeded: boolean,
): Promise<void> {
  await db.query(
    `insert into description_cost values ($1, $2::int, 1 - $2::int, $3, $4, $5)
     on conflict (day) do update set
       described = description_cost.described + excluded.described,
       failed = description_cost.failed + excluded.failed,
       seconds = description_cost.seconds + excluded.seconds,
       question_tokens = description_cost.question_tokens + excluded.question_tokens,
       answer_tokens = description_cost.answer_tokens + excluded.answer_tokens`,
    [day, Number(succeeded), seconds, questionTokens, answerTokens],
  );
}

/** Images that have been waiting for a description since before an instant, newest first. */
export async function undescribedImages(
  db: Queryable,
  { before, limit }: { before: Date; limit: number },
): Promise<{ key: string; imageId: number; wantedAt: Date }[]> {
  const { rows } = await db.query<{ key: string; imageId: number; wantedAt: Date }>(
    `select image.key, image.id as "imageId", wanted_at as "wantedAt" from description_wanted
     join image on image.id = image_id where wanted_at < $1 order by wanted_at desc limit $2`,
    [before, limit],
  );
  return rows;
}
