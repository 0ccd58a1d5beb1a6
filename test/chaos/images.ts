import { mkdir, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { findRun } from '@mycelium/database';
import { enqueueSlot, type Result } from '@mycelium/queue';
import sharp from 'sharp';
import type { Stage } from './scenario.ts';

/** 03:02:25 on 2 January; its yesterday is the 1st. */
export const slot = new Date('2026-01-02T03:02:25Z');

const picture = sharp({ create: { width: 32, height: 32, channels: 3, background: 'tan' } });

/** Writes a day of `count` images, over ten rooms: tiny ones, or what `bytesOf` gives for the nth. @returns the keys */
export async function writeDay(
  stage: Stage,
  count: number,
  bytesOf?: (n: number) => Buffer,
): Promise<string[]> {
  const tiny = await picture.jpeg().toBuffer();
  const keys: string[] = [];
  for (let room = 0; room < 10; room++) {
    const name = String(601 + room);
    const folder = `${stage.folder}/images/${name}/20260101`;
    await mkdir(folder, { recursive: true });
    const images = Array.from({ length: Math.ceil((count - room) / 10) }, (_, n) => {
      const second = new Date(n * 1_000 * Math.floor(86_400 / Math.ceil(count / 10)))
        .toISOString()
        .slice(11, 19);
      return `${name}_1921681235_20251220_20260101${second.replaceAll(':', '')}.jpg`;
    });
    await Promise.all(
      images.map((image, n) => writeFile(`${folder}/${image}`, bytesOf?.(n * 10 + room) ?? tiny)),
    );
    for (const [n, image] of images.entries()) keys[n * 10 + room] = `${name}/20260101/${image}`;
  }
  return keys;
}

export const askForDay = (stage: Stage) =>
  enqueueSlot(stage.queues, 'daily_clip_inference', slot, 'manual', {});

/** Waits for the day's report; `undefined` when it does not come in time. */
export async function dayReport(
  stage: Stage,
  seconds: number,
): Promise<Result<'daily_clip_inference'> | undefined> {
  const until = Date.now() + seconds * 1_000;
  while (Date.now() < until) {
    const run = await findRun(stage.pool, 'daily_clip_inference', slot).catch(() => undefined);
    if (run?.status === 'succeeded') return run.report as Result<'daily_clip_inference'>;
    if (run?.status === 'failed') throw new Error(`the day failed: ${run.error}`);
    await wait(100);
  }
  return undefined;
}

/** What the day's images came to, by the database alone; `dead` are the keys of batches that were set aside. */
export async function tally(stage: Stage, count: number) {
  const { rows } = await stage.pool.query<{ images: number; rows: number }>(
    `select (select count(distinct image_id) from image_embedding) as images,
            (select count(*) from image_embedding) as rows`,
  );
  const { images = 0, rows: written = 0 } = rows[0] ?? {};
  const setAside = await stage.queues.of('embed_batch').getFailed();
  const dead: string[] = setAside.flatMap(({ data }) => data.payload.keys);
  return { lost: count - images, doubled: written - images, dead };
}
