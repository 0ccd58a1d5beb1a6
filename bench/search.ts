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
 * search of the whole farm is compared with an exact scan of every vector with 32 bits a number, from a table of
 * nothing else, and one in a room with a plain distance sort. Then 95 % of the images are deleted, as `prune` does, and
 * searches are repeated before the table is vacuumed.
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

    const bytes = await bytesAnImage(pool);
    const measured: Record<(typeof figures)[number], number>[] = [];
    for (let query = -10; query < queries; query++) {
      const vector = vectorOf();
      const room = roomOf(Math.abs(query));
      const farm = await timed(() => searchImages(pool, { vector, modelId }));
      const exact = await timed(() => nearestExactly(pool, vector));
      const inRoom = await timed(() => searchImages(pool, { vector, modelId, room }));
      const bare = await timed(() => nearestInRoom(pool, vector, room));
      const exactInRoom = await nearestExactly(pool, vector, room);
      if (query < 0) continue; // warming up
      measured.push({
        farm: farm.seconds,
        exact: exact.seconds,
        farmRecall: recall(farm.found, exact.found),
        room: inRoom.seconds,
        bare: bare.seconds,
        roomRecall: recall(inRoom.found, bare.found),
        roomRecallOf32: recall(inRoom.found, exactInRoom),
      });
    }
    await deleteMost(pool, modelId);
    const pruned: { seconds: number; recall: number }[] = [];
    for (let query = -10; query < queries; query++) {
      const vector = vectorOf();
      const { found, seconds } = await timed(() => searchImages(pool, { vector, modelId }));
      if (query >= 0) pruned.push({ seconds, recall: recall(found, await nearestExactly(pool, vector)) });
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
      within('one room: recall@10 against 32 bits', 'recall', mean(all('roomRecallOf32')), 0.99),
      within('one room: p95', 'ms', p95(all('room')) * 1_000, 50),
      within(
        '95 % deleted, not vacuumed: recall@10',
        'recall',
        mean(pruned.map((each) => each.recall)),
        0.99,
      ),
      within('95 % deleted, not vacuumed: p95', 'ms', p95(pruned.map(({ seconds }) => seconds)) * 1_000, 50),
      { ...within('an image', 'bytes', bytes, 4_500), vsLimit: 4_500 / bytes, n: count },
    ];
  } finally {
    await pool.end();
  }
}

const figures = ['farm', 'exact', 'farmRecall', 'room', 'bare', 'roomRecall', 'roomRecallOf32'] as const;

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

/**
 * Builds the index after all rows are written, which is much faster than growing it row by row. `bare` has the same
 * vectors with 32 bits a number.
 */
async function fill(pool: Pool, vectorOf: () => Float32Array): Promise<number> {
  const model = { name: 'made-up', revision: 'none', dtype: 'fp32', hash: '0', demo: true, dimensions: 512 };
  const modelId = await ensureModel(pool, 'made-up', model);
  const { rows: indexes } = await pool.query<{ definition: string }>(
    `select pg_get_indexdef('image_embedding_fused'::regclass) as definition`,
  );
  await pool.query('drop index image_embedding_fused');
  await pool.query(
    'create table bare (image_id bigint primary key, room text, vector vector(512) storage plain)',
  );
  const text = 'Mushroom Room 612, normal stage, Day 7. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.';
  for (let from = 0; from < count; from += 1_000) {
    const { rows } = await pool.query<{ id: number; room: string; etag: string }>(
      `insert into image (key, room, day, captured_at, in_date, camera, growth_day, stage, etag, bytes)
       select room || '/20240301/' || room || '_19216800' || n || '_20240218_20240301120000.jpg', room, '2024-03-01',
              timestamptz '2024-03-01 00:00Z' + n * interval '800 ms', '2024-02-18', '19216800' || n, 13, 'normal', md5(n::text), 400000
       from (select n, (601 + n % $2)::text as room from generate_series($1::int, $1 + 999) n) numbered
       returning id, room, etag`,
      [from, rooms],
    );
    const made = rows.map((row) => ({ ...row, vector: vectorOf() }));
    await pool.query('insert into bare select * from unnest($1::bigint[], $2::text[], $3::vector[])', [
      made.map(({ id }) => id),
      made.map(({ room }) => room),
      made.map(({ vector }) => `[${vector.join(',')}]`),
    ]);
    await upsertEmbeddings(
      pool,
      modelId,
      made.map(
        ({ id, etag, vector }): EmbeddingRow => ({
          imageId: id,
          etag,
          imageVector: vector,
          fusedVector: vector,
          madeFrom: 'identity',
          textUsed: text,
          textCut: false,
          identityText: text,
          environment: { temperature: 18.4, humidity: 90.5, co2: 2494 },
        }),
      ),
    );
  }
  // PostgreSQL's definition covers the partitioned table only.
  await pool.query((indexes[0]?.definition ?? '').replace(' ON ONLY ', ' ON '));
  await pool.query('vacuum analyze image, image_embedding, bare');
  return modelId;
}

/** An image's row, its vectors, and all their indexes. */
async function bytesAnImage(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `select (pg_total_relation_size('image') + sum(pg_total_relation_size(relid)))::int8 as bytes
     from pg_partition_tree('image_embedding') where isleaf`,
  );
  return (rows[0]?.bytes as number) / count;
}

async function deleteMost(pool: Pool, modelId: number): Promise<void> {
  for (const table of ['image', `image_embedding_${modelId}`])
    await pool.query(`alter table ${table} set (autovacuum_enabled = off)`);
  await pool.query('delete from image where id % 20 <> 0');
  await pool.query('delete from bare where image_id % 20 <> 0');
}

async function nearestExactly(
  pool: Pool,
  vector: Float32Array,
  room?: string,
): Promise<Pick<Found, 'key'>[]> {
  const { rows } = await pool.query<{ key: string }>(
    `select image.key from
       (select image_id, vector <=> $1 as distance from bare where $2::text is null or room = $2 order by 2 limit 10) b
     join image on image.id = image_id order by distance`,
    [`[${vector.join(',')}]`, room],
  );
  return rows;
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
