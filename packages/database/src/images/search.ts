import { type Pool, type Queryable, transaction } from '../pool.ts';
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

interface Search extends SearchFilter {
  vector: Float32Array;
  /** The model that made `vector`: only vectors of the same model are comparable. Searches use `activeModel`. */
  modelId: number;
  /** `fused` compares with picture and text together, `image` with the picture alone. */
  by?: 'fused' | 'image';
}

/**
 * The images nearest to a vector, nearest first: as many as `limit`, while there are that many. With a filter the
 * search is exact, since a filtered HNSW index can miss results. Without one it uses the index of the fused vectors,
 * and is exact where the index has too few: it still leads to vectors that were deleted and not yet vacuumed.
 */
export async function searchImages(pool: Pool, search: Search): Promise<Found[]> {
  return transaction(pool, async (tx) => {
    // A room is read faster than a parallel worker starts.
    if (search.room) await tx.query('set local max_parallel_workers_per_gather = 0');
    const query = searchQuery(search);
    if (query.reach) await tx.query(`set local hnsw.ef_search = ${query.reach}`);
    const { found, compared } = await runQuery(tx, query);
    if (!query.reach || compared === query.candidates) return found;
    return (await runQuery(tx, searchQuery(search, { exact: true }))).found;
  });
}

async function runQuery(tx: Queryable, { text, values }: { text: string; values: unknown[] }) {
  const { rows } = await tx.query<Found & { compared: number }>(text, values);
  return { found: rows.map(({ compared: _, ...found }): Found => found), compared: rows[0]?.compared ?? 0 };
}

/**
 * The SQL of a search, the number of candidates it takes from the index, and the least number of vectors that the index
 * must visit; undefined when the search is exact.
 */
export function searchQuery(
  { vector, modelId, by = 'fused', limit = 10, ...filter }: Search,
  { exact = Object.values(filter).some((value) => value !== undefined) } = {},
) {
  // Picture vectors have no index: the nearest pictures are found among the nearest fused vectors.
  const candidates = by === 'fused' ? limit : Math.min(1_000, Math.max(200, limit * 10));
  const near = `(select * from image_embedding where model_id = $2 order by fused_vector <=> $1 limit ${Math.trunc(candidates)})`;
  const column = by === 'fused' ? 'fused_vector' : 'image_vector';
  const text = `
    select image.key, image.room, image.day::text as day, image.captured_at as "capturedAt",
           image.growth_day as "growthDay", image.stage, 1 - (e.${column} <=> $1) as score,
           e.made_from as "madeFrom", e.text_used as "textUsed", e.description, e.quality, count(*) over () as compared
    from ${exact ? 'image_embedding' : near} e join image on image.id = e.image_id
    where e.model_id = $2
      and ($3::text is null or image.room = $3)
      and ($4::date is null or image.day >= $4) and ($5::date is null or image.day <= $5)
      and ($6::int is null or image.growth_day = $6) and ($7::text is null or image.stage = $7)
      and ($8::float8 is null or e.quality >= $8)
    order by (e.${column} <=> $1) + 0, image.key limit $9`;
  const values = [
    vectorText(vector),
    modelId,
    filter.room ?? null,
    filter.from ?? null,
    filter.to ?? null,
    filter.growthDay ?? null,
    filter.stage ?? null,
    filter.minQuality ?? null,
    limit,
  ];
  return {
    text,
    values,
    candidates,
    reach: exact ? undefined : Math.min(1_000, Math.max(160, candidates * 4)),
  };
}

/** The picture vector of a stored image, for "more like this"; undefined when there is none. */
export async function findImageVector(
  db: Queryable,
  key: string,
  modelId: number,
): Promise<Float32Array | undefined> {
  const { rows } = await db.query<{ vector: string }>(
    `select image_vector::text as vector from image_embedding e join image on image.id = e.image_id
     where image.key = $1 and e.model_id = $2`,
    [key, modelId],
  );
  return rows[0] && parseVector(rows[0].vector);
}
