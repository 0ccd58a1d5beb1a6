import { activeModel } from './models.ts';
import { type Pool, transaction } from './pool.ts';
import { parseVector, vectorText } from './vector.ts';

export interface SearchFilter {
  room?: string;
  /** Local days, both included. */
  from?: string;
  to?: string;
  growthDay?: number;
  stage?: 'normal' | 'non_growth';
  /** 0–100 */
  minQuality?: number;
  limit?: number;
}

export interface Found {
  key: string;
  room: string;
  day: string;
  capturedAt: Date;
  growthDay: number;
  stage: string;
  /** Cosine similarity, 1 is the same direction. */
  score: number;
  madeFrom: 'description' | 'identity';
  textUsed: string;
  description: unknown;
  quality: number | null;
}

/**
 * The images nearest to a vector, of the model that is in use. Over the whole farm by the HNSW index; within a
 * filter exactly, since the index, filtered, misses what it did not visit.
 * @param by `fused` compares with picture and text together, `image` with the picture alone.
 */
export async function searchImages(
  pool: Pool,
  {
    vector,
    by = 'fused',
    limit = 10,
    ...filter
  }: SearchFilter & { vector: Float32Array; by?: 'fused' | 'image' },
): Promise<Found[]> {
  const model = await activeModel(pool);
  if (!model) return [];
  const filtered = by === 'image' || Object.values(filter).some((value) => value !== undefined);
  return transaction(pool, async (tx) => {
    if (!filtered)
      await tx.query(`set local hnsw.ef_search = ${Math.min(1_000, Math.max(100, Math.trunc(limit) * 4))}`);
    const column = by === 'fused' ? 'fused_vector' : 'image_vector';
    // An order the index does not know keeps the planner from it.
    const distance = filtered ? `(e.${column} <=> $1) + 0` : `e.${column} <=> $1`;
    const { rows } = await tx.query<Found>(
      `select image.key, image.room, image.day::text as day, image.captured_at as "capturedAt",
              image.growth_day as "growthDay", image.stage, 1 - (e.${column} <=> $1) as score,
              e.made_from as "madeFrom", e.text_used as "textUsed", e.description, e.quality
       from image_embedding e join image on image.id = e.image_id
       where e.model_id = $2
         and ($3::text is null or image.room = $3)
         and ($4::date is null or image.day >= $4) and ($5::date is null or image.day <= $5)
         and ($6::int is null or image.growth_day = $6) and ($7::text is null or image.stage = $7)
         and ($8::float8 is null or e.quality >= $8)
       order by ${distance} limit $9`,
      [
        vectorText(vector),
        model.id,
        filter.room ?? null,
        filter.from ?? null,
        filter.to ?? null,
        filter.growthDay ?? null,
        filter.stage ?? null,
        filter.minQuality ?? null,
        limit,
      ],
    );
    return rows;
  });
}

/** The stored picture vector of an image, for "more like this"; undefined when it has none. */
export async function findImageVector(pool: Pool, key: string): Promise<Float32Array | undefined> {
  const model = await activeModel(pool);
  const { rows } = await pool.query<{ vector: string }>(
    `select image_vector::text as vector from image_embedding e join image on image.id = e.image_id
     where image.key = $1 and e.model_id = $2`,
    [key, model?.id],
  );
  return rows[0] && parseVector(rows[0].vector);
}
