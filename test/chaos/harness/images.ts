import { setTimeout as wait } from 'node:timers/promises';
import { findRun, type Pool } from '@mycelium/database';
import { enqueueSlot, type Result } from '@mycelium/queue';
import { openStore } from '@mycelium/storage';
import sharp from 'sharp';
import type { Testbed } from './scenario.ts';

/** 03:02:25 on 2 January. Its run works on the 1st. */
export const slot = new Date('2026-01-02T03:02:25Z');

const tiny = sharp({ create: { width: 32, height: 32, channels: 3, background: 'tan' } })
  .jpeg()
  .toBuffer();

/** The keys of a day of `count` images in ten rooms. */
export function keysOfDay(count: number): string[] {
  const secondsApart = Math.floor(86_400 / Math.ceil(count / 10));
  return Array.from({ length: count }, (_, n) => {
    const room = 601 + (n % 10);
    const time = new Date(Math.floor(n / 10) * 1_000 * secondsApart).toISOString().slice(11, 19);
    return `${room}/20260101/${room}_1921681235_20251220_20260101${time.replaceAll(':', '')}.jpg`;
  });
}

/** Writes a tiny image, or these bytes. Fails while there is no store. */
export async function writeImage({ store }: Testbed, key: string, bytes?: Buffer): Promise<void> {
  await openStore(store).write(key, bytes ?? (await tiny));
}

/** Writes a day of `count` images in ten rooms: tiny ones, or what `bytesOf` returns for the nth. @returns the keys */
export async function writeDay(
  testbed: Testbed,
  count: number,
  bytesOf?: (n: number) => Buffer,
): Promise<string[]> {
  const keys = keysOfDay(count);
  await openStore(testbed.store).ensureBucket();
  for (let at = 0; at < count; at += 500) {
    const some = keys.slice(at, at + 500);
    await Promise.all(some.map((key, n) => writeImage(testbed, key, bytesOf?.(at + n))));
  }
  return keys;
}

export const requestDay = (testbed: Testbed) =>
  enqueueSlot(testbed.queues, 'daily_clip_inference', slot, 'manual', {});

/** Waits for the day's report; `undefined` if there is none in time. */
export async function dayReport(
  testbed: Testbed,
  seconds: number,
): Promise<Result<'daily_clip_inference'> | undefined> {
  const until = Date.now() + seconds * 1_000;
  while (Date.now() < until) {
    const run = await findRun(testbed.pool, 'daily_clip_inference', slot).catch(() => undefined);
    if (run?.status === 'succeeded') return run.report as Result<'daily_clip_inference'>;
    if (run?.status === 'failed') throw new Error(`the day failed: ${run.error}`);
    await wait(100);
  }
  return undefined;
}

/** Counts with SQL the images without a vector, and the vectors beyond one per image. */
export async function countVectors(pool: Pool, keys: string[]): Promise<{ lost: number; doubled: number }> {
  const { rows } = await pool.query<{ lost: number; doubled: number }>(
    `select count(*) filter (where vectors = 0) as lost,
            coalesce(sum(vectors - 1) filter (where vectors > 1), 0)::int as doubled
     from (select expected.key, count(image_embedding.image_id) as vectors
           from unnest($1::text[]) expected (key)
             left join image on image.key = expected.key
             left join image_embedding on image_id = image.id
           group by expected.key) counted`,
    [keys],
  );
  return rows[0] as { lost: number; doubled: number };
}

/** The keys of batches that were dead-lettered. */
export async function deadLettered(testbed: Testbed): Promise<string[]> {
  const failed = await testbed.queues.of('embed_batch').getFailed();
  return failed.flatMap(({ data }) => data.payload.keys);
}
