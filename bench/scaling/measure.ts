/**
 * `node bench/scaling/measure.ts`: measures the cost of an image and a reading for Redis, PostgreSQL and a worker's
 * cores, on its own servers. It measures CPU seconds and bytes, which a busy machine changes little. The results are
 * in bench/scaling/figures.ts.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import {
  copyReadings,
  createPool,
  ensureModel,
  ensurePoints,
  findRun,
  imageIds,
  migrate,
  type Pool,
  settleReadings,
  takeLease,
  upsertEmbeddings,
  upsertImages,
} from '@mycelium/database';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { decodeImage, loadEncoder } from '@mycelium/encoder';
import { seededRandom } from '@mycelium/encoder/random';
import { createRandomClip, photographAs } from '@mycelium/encoder/testing';
import { formatImageKey, parseImageKey } from '@mycelium/farm';
import { connect, createQueues, enqueueSlot } from '@mycelium/queue';
import { createDatabase } from '../bench.ts';
import { writeDay } from '../images/pictures.ts';
import { startStub } from '../workers.ts';

const batchSize = 20;
const waitingBatches = 2_000;
const images = 600;
const readings = 100_000;

const home = await createTestHome(readConfig().MYCELIUM_HOME);
const workDir = await mkdtemp(join(tmpdir(), 'mycelium-scaling-'));
const services = await startServices({ home, redis: true, postgres: true });
const { redisUrl, databaseUrl: serverUrl } = services as { redisUrl: string; databaseUrl: string };
try {
  const databaseUrl = await createDatabase(serverUrl, 'scaling');
  const pool = createPool(databaseUrl, { name: 'scaling', max: 4 });
  await migrate(pool);
  const figures = {
    ...(await measureQueue(pool, databaseUrl)),
    ...(await measureVectors(pool)),
    ...(await measureReadings(pool)),
    ...(await measureWorker()),
  };
  await pool.end();
  for (const [name, value] of Object.entries(figures)) console.log(`${name}: ${value.toPrecision(3)}`);
} finally {
  await services.stop();
  await discardHome(home);
  await rm(workDir, { recursive: true, force: true });
}

/** A day of small images in the real worker with a stub in place of the model, and batches that only wait. */
async function measureQueue(pool: Pool, databaseUrl: string) {
  const settings = { REDIS_PREFIX: '{scaling}', REDIS_CONNECT_TIMEOUT: 5_000, REDIS_COMMAND_TIMEOUT: 60_000 };
  const connection = connect({ REDIS_URL: redisUrl, ...settings }, () => {});
  const queues = createQueues(connection);
  const info = async (field: string) =>
    Number(new RegExp(`^${field}:([\\d.]+)`, 'm').exec(await connection.redis.info())?.[1]);
  const seconds = async () => (await info('used_cpu_user')) + (await info('used_cpu_sys'));

  const memory = await info('used_memory');
  const keys = (n: number) =>
    Array.from({ length: batchSize }, (_, k) =>
      keyOf(new Date(Date.UTC(2026, 0, 1) + (n * batchSize + k) * 60_000)),
    );
  for (let n = 0; n < waitingBatches; n += 500) {
    const some = Array.from({ length: 500 }, (_, k) => ({ payload: { keys: keys(n + k) } }));
    await queues.enqueueAll('embed_batch', some);
  }
  const bytesPerWaitingBatch = ((await info('used_memory')) - memory) / waitingBatches;
  await queues.of('embed_batch').obliterate({ force: true });

  const imageDir = join(workDir, 'images');
  await writeDay(imageDir, '2026-01-01', [await photographAs('jpeg', 64, 64, 1)], images);
  const stub = await startStub('stub', {
    redisUrl,
    databaseUrl,
    prefix: '{scaling}',
    store: { IMAGE_DIR: imageDir },
    millisecondsPerImage: 0,
  });
  const before = { commands: await info('total_commands_processed'), redis: await seconds() };
  const slot = new Date('2026-01-02T03:02:25Z');
  await enqueueSlot(queues, 'daily_clip_inference', slot, 'manual', {});
  while ((await findRun(pool, 'daily_clip_inference', slot))?.status !== 'succeeded') await wait(500);
  const commands = (await info('total_commands_processed')) - before.commands;
  const redis = (await seconds()) - before.redis;
  await stub.stop();
  await queues.close();
  return {
    bytesPerWaitingBatch,
    redisCommandsPerImage: commands / images,
    redisSecondsPerImage: redis / images,
  };
}

/** Rows and index of random vectors, and the CPU time PostgreSQL's processes spend on them. */
async function measureVectors(pool: Pool) {
  const random = seededRandom(1);
  const vector = () => normalised(Float32Array.from({ length: 512 }, () => random() - 0.5));
  const id = {
    name: 'scaling',
    revision: 'local',
    dtype: 'fp32',
    hash: '00000000',
    demo: true,
    dimensions: 512,
  } as const;
  const modelId = await ensureModel(pool, 'scaling', id);
  const size = async (relation: string) =>
    Number(
      (
        await pool.query(
          `select sum(pg_total_relation_size(relid))::bigint as bytes
       from pg_partition_tree($1) where isleaf`,
          [relation],
        )
      ).rows[0].bytes,
    );
  const wal = async () =>
    Number((await pool.query("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') as at")).rows[0].at);
  const imageBytes = async () =>
    Number((await pool.query("select pg_total_relation_size('image') as bytes")).rows[0].bytes);
  const indexBytes = async () =>
    Number(
      (
        await pool.query(`select sum(pg_relation_size(relid))::bigint as bytes
       from pg_partition_tree('image_embedding_fused') where isleaf`)
      ).rows[0].bytes,
    );
  const before = {
    embeddings: await size('image_embedding'),
    index: await indexBytes(),
    images: await imageBytes(),
    wal: await wal(),
    seconds: postgresSeconds(),
  };
  for (let n = 0; n < images; n += batchSize) {
    const keys = Array.from({ length: batchSize }, (_, k) =>
      keyOf(new Date(Date.UTC(2026, 1, 1) + (n + k) * 60_000)),
    );
    await upsertImages(
      pool,
      keys.map((key) => ({
        ...parseImageKey(key, { timeZone: 'UTC', aliases: {} }),
        etag: 'e'.repeat(32),
        bytes: 400_000,
      })),
    );
    const ids = await imageIds(pool, keys);
    await upsertEmbeddings(
      pool,
      modelId,
      keys.map((key) => {
        const text =
          'Mushroom Room 612, normal stage, Day 7. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.';
        return {
          imageId: ids.get(key)?.id as number,
          etag: 'e'.repeat(32),
          imageVector: vector(),
          fusedVector: vector(),
          madeFrom: 'identity' as const,
          textUsed: text,
          textCut: false,
          identityText: text,
          environment: { temperature: 18.4, humidity: 90.5, co2: 2494 },
        };
      }),
    );
  }
  const seconds = postgresSeconds() - before.seconds;
  const index = (await indexBytes()) - before.index;
  return {
    postgresSecondsPerImage: seconds / images,
    walBytesPerImage: ((await wal()) - before.wal) / images,
    indexBytesPerImage: index / images,
    rowBytesPerImage:
      ((await size('image_embedding')) - before.embeddings - index + (await imageBytes()) - before.images) /
      images,
  };
}

async function measureReadings(pool: Pool) {
  const points = Array.from({ length: 100 }, (_, n) => ({
    room: '612',
    deviceType: 'mushroom_env_status',
    device: `env_${n}`,
    point: 'temperature',
  }));
  const ids = [...(await ensurePoints(pool, points)).values()];
  const before = postgresSeconds();
  await copyReadings(
    pool,
    Array.from({ length: readings }, (_, n) => ({
      pointId: ids[n % ids.length] as number,
      ts: new Date(Date.UTC(2026, 2, 1) + Math.floor(n / ids.length) * 60_000),
      value: 18 + (n % 50) / 10,
    })),
  );
  const { rows } = await pool.query(
    `select sum(pg_total_relation_size(relid))::bigint as bytes from pg_partition_tree('reading') where isleaf`,
  );
  const postgresSecondsPerReading = (postgresSeconds() - before) / readings;
  const lease = await takeLease(pool, 'measure', 'measure', 600);
  if (!lease) throw new Error('no lease');
  const settling = postgresSeconds();
  await settleReadings({ pool, lease, before: '2026-03-02' });
  return {
    postgresSecondsPerReading,
    bytesPerReading: Number(rows[0].bytes) / readings,
    postgresSecondsPerSettledReading: (postgresSeconds() - settling) / readings,
  };
}

/** Core seconds per HD image for a worker on the CPU: decoding and a full-size ViT-B/32 in q8. */
async function measureWorker() {
  const photographs = await Promise.all([1, 2, 3, 4].map((seed) => photographAs('jpeg', 1_920, 1_080, seed)));
  await decodeImage(photographs[0] as Buffer);
  const before = process.cpuUsage();
  const rounds = 10;
  const pixels = [];
  for (let round = 0; round < rounds; round++)
    for (const photograph of photographs) pixels.push(await decodeImage(photograph));
  const { user, system } = process.cpuUsage(before);
  const decode = (user + system) / 1e6 / pixels.length;

  const model = join(workDir, 'clip-b32');
  await createRandomClip(model, { size: 'b32', dtype: 'q8', seed: 1 });
  const encoder = await loadEncoder({ model, modelDir: workDir, dtype: 'q8', device: 'cpu', threads: 2 });
  const batch = pixels.slice(0, 32);
  await encoder.embedImages(batch);
  const started = processSeconds(encoder.pid as number);
  await encoder.embedImages(batch);
  await encoder.embedTexts(
    batch.map((_, n) => `Mushroom Room 612, normal stage, Day ${n}. Temperature: 18.4C.`),
  );
  const infer = (processSeconds(encoder.pid as number) - started) / batch.length;
  await encoder.close();
  return { decodeSecondsPerImage: decode, inferSecondsPerImage: infer };
}

function keyOf(capturedAt: Date): string {
  return formatImageKey(
    { room: '612', capturedAt, batchInDate: '2025-12-18', camera: '1921681235' },
    { timeZone: 'UTC' },
  );
}

function normalised(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

/** User and system time of a process and of its children that have ended: hundredths of a second in /proc/PID/stat. */
function processSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) / 100;
}

/** The CPU time of the home's server and all its processes. */
function postgresSeconds(): number {
  const main = Number(readFileSync(join(home, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  let seconds = processSeconds(main);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      if (Number(stat[1]) === main) seconds += processSeconds(Number(name));
    } catch {
      // It has ended in the meantime.
    }
  }
  return seconds;
}
