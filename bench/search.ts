import {
  createPool,
  type EmbeddingRow,
  ensureModel,
  type Found,
  migrate,
  type Pool,
  searchImages,
  upsertEmbeddings,
} from '@mycelium/database';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median } from './bench.ts';

const count = 100_000;
const rooms = 20;
const latent = 24;
const queries = 100;

/**
 * P6: finds the ten nearest of 100,000 vectors with 24 latent dimensions, like pictures of one kind of subject. A
 * search of the whole farm is compared with an exact scan of every vector, and one in a room with a plain distance
 * sort.
 */
export const bench: Bench = { name: 'search', ids: ['P6'], run };

async function run({ databaseUrl, log }: BenchContext): Promise<BenchRow[]> {
  const pool = createPool(await createDatabase(databaseUrl, 'bench_search'), { name: 'bench', max: 2 });
  try {
    await migrate(pool);
    const vectorOf = createVectors();
    const begun = performance.now();
    const modelId = await fill(pool, vectorOf);
    log(`${count} vectors written and indexed in ${((performance.now() - begun) / 1_000).toFixed(0)} s`);

    const measured: Record<'farm' | 'exact' | 'farmRecall' | 'room' | 'bare' | 'roomRecall', number>[] = [];
    for (let query = -10; query < queries; query++) {
      const vector = vectorOf();
      const room = roomOf(Math.abs(query));
      const farm = await timed(() => searchImages(pool, { vector, modelId }));
      // A filter that matches every image.
      const exact = await timed(() => searchImages(pool, { vector, modelId, from: '2000-01-01' }));
      const inRoom = await timed(() => searchImages(pool, { vector, modelId, room }));
      const bare = await timed(() => nearestInRoom(pool, vector, room));
      if (query < 0) continue; // warming up
      measured.push({
        farm: farm.seconds,
        exact: exact.seconds,
        farmRecall: recall(farm.found, exact.found),
        room: inRoom.seconds,
        bare: bare.seconds,
        roomRecall: recall(inRoom.found, bare.found),
      });
    }
    const all = (name: keyof (typeof measured)[number]) => measured.map((each) => each[name]);
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const p95 = (values: number[]) =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.95)] as number;
    const row = { id: 'P6', naive: null, vsNaive: null, n: queries };
    const within = (name: string, unit: string, ours: number, limit: number) => ({
      ...row,
      case: name,
      unit,
      ours,
      limit,
      vsLimit: unit === 'ms' ? limit / ours : ours / limit,
    });
    return [
      {
        ...row,
        case: 'whole farm',
        unit: 'searches/s',
        ours: 1 / median(all('farm')),
        naive: 1 / median(all('exact')),
        limit: null,
        vsNaive: median(measured.map(({ farm, exact }) => exact / farm)),
        vsLimit: null,
      },
      within('whole farm: recall@10', 'recall', mean(all('farmRecall')), 0.99),
      within('whole farm: p95', 'ms', p95(all('farm')) * 1_000, 50),
      within('one room: limit the bare scan', 'ms', median(all('room')) * 1_000, median(all('bare')) * 1_000),
      within('one room: recall@10', 'recall', mean(all('roomRecall')), 1),
      within('one room: p95', 'ms', p95(all('room')) * 1_000, 50),
    ];
  } finally {
    await pool.end();
  }
}

const roomOf = (n: number) => String(601 + (n % rooms));

/** Points of a 24-dimensional space, mapped into 512 dimensions by one random map, with a little noise. */
function createVectors() {
  const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
  const map = Array.from({ length: latent }, () => Float32Array.from({ length: 512 }, normal));
  return function vectorOf(): Float32Array {
    const vector = Float32Array.from({ length: 512 }, () => 0.1 * (Math.random() - 0.5));
    for (const direction of map) {
      const weight = normal();
      for (let at = 0; at < 512; at++)
        vector[at] = (vector[at] as number) + weight * (direction[at] as number);
    }
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
}

/** Builds the index after all rows are written, which is much faster than growing it row by row. */
async function fill(pool: Pool, vectorOf: () => Float32Array): Promise<number> {
  const model = { name: 'made-up', revision: 'none', dtype: 'fp32', hash: '0', demo: true, dimensions: 512 };
  const modelId = await ensureModel(pool, 'made-up', model);
  const { rows: indexes } = await pool.query<{ definition: string }>(
    `select pg_get_indexdef('image_embedding_fused'::regclass) as definition`,
  );
  await pool.query('drop index image_embedding_fused');
  for (let from = 0; from < count; from += 1_000) {
    const { rows } = await pool.query<{ id: number }>(
      `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
       select 'image ' || n, (601 + n % $2)::text, '2024-03-01', '2024-03-01', '2024-03-01', '1', 1, 'normal', '1', 1
       from generate_series($1::int, $1 + 999) n returning id`,
      [from, rooms],
    );
    await upsertEmbeddings(
      pool,
      modelId,
      rows.map(({ id }): EmbeddingRow => {
        const fusedVector = vectorOf();
        return {
          imageId: id,
          etag: '1',
          imageVector: fusedVector,
          fusedVector,
          madeFrom: 'identity',
          textUsed: 'Mushroom Room 607, normal stage, Day 1.',
          textCut: false,
          identityText: 'Mushroom Room 607, normal stage, Day 1.',
          environment: {},
        };
      }),
    );
  }
  // PostgreSQL's definition covers the partitioned table only.
  await pool.query((indexes[0]?.definition ?? '').replace(' ON ONLY ', ' ON '));
  await pool.query('vacuum analyze image, image_embedding');
  return modelId;
}

async function nearestInRoom(pool: Pool, vector: Float32Array, room: string): Promise<Pick<Found, 'key'>[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select image.key from image_embedding e join image on image.id = e.image_id
     where image.room = $2 order by (e.fused_vector <=> $1) + 0 limit 10`,
    [`[${vector.join(',')}]`, room],
  );
  return rows;
}

async function timed<Result>(work: () => Promise<Result>): Promise<{ found: Result; seconds: number }> {
  const start = performance.now();
  const found = await work();
  return { found, seconds: (performance.now() - start) / 1_000 };
}

function recall(found: Pick<Found, 'key'>[], right: Pick<Found, 'key'>[]): number {
  const keys = new Set(found.map(({ key }) => key));
  return right.filter(({ key }) => keys.has(key)).length / right.length;
}
