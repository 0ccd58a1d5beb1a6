import { readFile } from 'node:fs/promises';
import {
  blackPng,
  createRandomClip,
  loopingExif,
  photograph,
  photographAs,
  withSegment,
} from '@mycelium/encoder/testing';
import sharp from 'sharp';
import { askForDay, dayReport, writeDay } from './images.ts';
import type { Scenario } from './scenario.ts';
import { startStubWorker } from './worker-process.ts';

const mostMegabytes = 600;

export const r8: Scenario = {
  id: 'R8',
  title: 'one image in 20 is bad or odd',
  async run(stage) {
    const count = stage.full ? 1_000 : 200;
    const [width, height] = stage.full ? [1_920, 1_080] : [640, 480];
    const good = await Promise.all([1, 2, 3, 4].map((seed) => photographAs('jpeg', width, height, seed)));
    const odd = await oddFiles(good[0] as Buffer, width, height);
    const oddOf = (n: number) => (n % 20 === 7 ? odd[Math.floor(n / 20) % odd.length] : undefined);
    const keys = await writeDay(stage, count, (n) => oddOf(n)?.bytes ?? (good[n % 4] as Buffer));
    const wanted = new Map(keys.map((key, n) => [key, oddOf(n)?.reason]));

    const modelFolder = `${stage.folder}/model`;
    await createRandomClip(modelFolder, { size: 'tiny', dtype: 'fp32', seed: 8 });
    const told = { name: 'worker', millisecondsPerImage: 0, concurrency: 3, modelFolder };
    const worker = startStubWorker(stage, told);
    const { modelPid } = await worker.ready;
    await askForDay(stage);
    const report = await dayReport(stage, stage.full ? 300 : 90);
    const megabytes = (await peakMegabytes(worker.child.pid)) + (await peakMegabytes(modelPid));

    const { rows: done } = await stage.pool.query<{ key: string; rows: number }>(
      'select key, count(*) as rows from image_embedding join image on image.id = image_id group by key',
    );
    const { rows: aside } = await stage.pool.query<{ key: string; reason: string }>(
      'select key, reason from quarantine',
    );
    const reasons = new Map(aside.map(({ key, reason }) => [key, reason]));
    const embedded = new Map(done.map(({ key, rows }) => [key, rows]));
    const lost = keys.filter((key) => !wanted.get(key) && !embedded.has(key));
    const misjudged = keys.filter((key) => wanted.get(key) !== reasons.get(key));
    const bad = [...wanted.values()].filter(Boolean).length;

    const broken = misjudged.map((key) => `${key}: wanted ${wanted.get(key)}, got ${reasons.get(key)}`);
    if (report?.succeeded !== count - bad || report.failed !== bad)
      broken.push(`the report says ${report?.succeeded} + ${report?.failed} of ${count - bad} + ${bad}`);
    if (megabytes > mostMegabytes) broken.push(`${megabytes.toFixed(0)} MB`);
    return {
      lost: lost.length,
      doubled: [...embedded.values()].filter((rows) => rows > 1).length,
      refused: 0,
      recovered: bad,
      broken: broken.slice(0, 5),
      note: `${count} images, ${bad} of them set aside with their reasons; at most ${megabytes.toFixed(0)} MB, the model's process included`,
    };
  },
};

/** What cameras and strangers send; `reason` where it is no image for CLIP. */
async function oddFiles(jpeg: Buffer, width: number, height: number): Promise<Odd[]> {
  const plain = sharp(await photograph(width, height, 9), { raw: { width, height, channels: 3 } });
  const frames = [1, 2].map(async (seed) =>
    sharp(await photograph(64, 64, seed), { raw: { width: 64, height: 64, channels: 3 } })
      .png()
      .toBuffer(),
  );
  const moving = sharp(await Promise.all(frames), { join: { animated: true } });
  const exif = loopingExif();
  const bomb = Array.from({ length: 50 }).reduce<Buffer>((file) => withSegment(file, 0xe1, exif), jpeg);
  return [
    { bytes: Buffer.alloc(0), reason: 'empty' },
    { bytes: jpeg.subarray(0, jpeg.length >> 1), reason: 'truncated' },
    { bytes: blackPng(20_000, 20_000), reason: 'too_large' },
    { bytes: Buffer.from('{"error":"no such camera"}'), reason: 'not_an_image' },
    { bytes: await moving.webp().toBuffer(), reason: 'animated' },
    { bytes: await plain.clone().tiff().toBuffer(), reason: 'unsupported_format' },
    // Odd, and good: a PNG called .jpg, ink instead of light, 16 bits, a camera held sideways, endless notes.
    { bytes: await plain.clone().png().toBuffer() },
    { bytes: await plain.clone().toColourspace('cmyk').jpeg().toBuffer() },
    { bytes: await plain.clone().toColourspace('rgb16').png().toBuffer() },
    { bytes: await plain.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer() },
    { bytes: bomb },
  ];
}

interface Odd {
  bytes: Buffer;
  reason?: string;
}

async function peakMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}
