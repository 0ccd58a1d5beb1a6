import {
  createPool,
  type EmbeddingRow,
  ensureModel,
  migrate,
  type Pool,
  upsertEmbeddings,
} from '@mycelium/database';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';

const rounds = 5;
const count = 10_000;
/** One INSERT per row is slow, and equally slow for the thousandth and the ten thousandth row. */
const naiveCount = 1_000;
/** Rows per statement: a bulk load, and what `embed_batch` writes. */
const statements = [500, 20];

/**
 * P2: writes images with their two vectors to PostgreSQL. Ours is what `embed_batch` calls, the naive way one INSERT
 * per row with vectors as text, and the limit the server's own copy of the same rows from another table. The HNSW index
 * is left out: maintaining it costs all three the same, and would hide every other difference.
 */
export const bench: Bench = { name: 'vectors', ids: ['P2'], run };

async function run({ databaseUrl, log }: BenchContext): Promise<BenchRow[]> {
  const pool = createPool(await createDatabase(databaseUrl, 'bench_vectors'), { name: 'bench', max: 1 });
  try {
    await migrate(pool);
    const model = {
      name: 'made-up',
      revision: 'none',
      dtype: 'fp32',
      hash: '0',
      demo: true,
      dimensions: 512,
    };
    const modelId = await ensureModel(pool, 'made-up', model);
    const rows = await makeRows(pool);
    await pool.query('drop index image_embedding_fused');
    await upsertEmbeddings(pool, modelId, rows);
    await pool.query('create table source as select * from image_embedding');

    const seconds: { ours: number[]; naive: number; limit: number }[] = [];
    for (let round = 0; round <= rounds; round++) {
      const alone = async (work: () => Promise<unknown>) => {
        await pool.query('truncate image_embedding');
        await pool.query('checkpoint');
        return time(work);
      };
      const ours: number[] = [];
      for (const each of statements)
        ours.push((await alone(() => inStatements(pool, modelId, rows, each))) / count);
      const limit =
        (await alone(() => pool.query('insert into image_embedding select * from source'))) / count;
      const naive = (await alone(() => oneByOne(pool, modelId, rows.slice(0, naiveCount)))) / naiveCount;
      const figures = [...ours, limit, naive].map((each) => (each * 1e6).toFixed(0));
      log(
        `µs a row: ${statements.join(' and ')} a statement, in the server, one by one: ${figures.join(', ')}`,
      );
      if (round > 0) seconds.push({ ours, naive, limit });
    }
    return statements.map((each, at) => ({
      id: 'P2',
      case: `${each} rows a statement`,
      unit: 'rows/s',
      ours: 1 / median(seconds.map(({ ours }) => ours[at] as number)),
      naive: 1 / median(seconds.map(({ naive }) => naive)),
      limit: 1 / median(seconds.map(({ limit }) => limit)),
      vsNaive: median(seconds.map(({ ours, naive }) => naive / (ours[at] as number))),
      vsLimit: median(seconds.map(({ ours, limit }) => limit / (ours[at] as number))),
      n: rounds * count,
    }));
  } finally {
    await pool.end();
  }
}

/** Images without a vector, with a random vector for each. */
async function makeRows(pool: Pool): Promise<EmbeddingRow[]> {
  const { rows } = await pool.query<{ id: number }>(
    `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
     select '607/' || n, '607', '2024-03-01', '2024-03-01', '2024-03-01', '1', 1, 'normal', n::text, 1
     from generate_series(1, $1) n returning id`,
    [count],
  );
  const vector = () => Float32Array.from({ length: 512 }, () => Math.random() - 0.5);
  const text = 'Mushroom Room 607, normal stage, Day 1. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.';
  return rows.map(({ id }) => ({
    imageId: id,
    etag: String(id),
    imageVector: vector(),
    fusedVector: vector(),
    madeFrom: 'identity',
    textUsed: text,
    textCut: false,
    identityText: text,
    environment: { temperature: 18.4, humidity: 90.5, co2: 2494 },
  }));
}

async function inStatements(pool: Pool, modelId: number, rows: EmbeddingRow[], each: number) {
  for (let at = 0; at < rows.length; at += each)
    await upsertEmbeddings(pool, modelId, rows.slice(at, at + each));
}

async function oneByOne(pool: Pool, modelId: number, rows: EmbeddingRow[]) {
  for (const row of rows) {
    await pool.query(
      `insert into image_embedding (image_id, model_id, etag, image_vector, fused_vector, made_from, text_used,
                                    text_cut, identity_text, temperature, humidity, co2)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        row.imageId,
        modelId,
        row.etag,
        `[${row.imageVector.join(',')}]`,
        `[${row.fusedVector.join(',')}]`,
        row.madeFrom,
        row.textUsed,
        row.textCut,
        row.identityText,
        ...Object.values(row.environment),
      ],
    );
  }
}
