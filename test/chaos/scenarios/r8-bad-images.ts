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
import { countVectors, dayReport, requestDay, writeDay } from '../harness/images.ts';
import type { Scenario } from '../harness/scenario.ts';
import { startStubWorker } from '../harness/stub-worker.ts';

const maxMegabytes = 600;

export const r8: Scenario = {
  id: 'R8',
  title: 'one image in 20 is bad or odd',
  async run(testbed) {
    const count = testbed.full ? 1_000 : 200;
    const [width, height] = testbed.full ? [1_920, 1_080] : [640, 480];
    const photographs = await Promise.all(
      [1, 2, 3, 4].map((seed) => photographAs('jpeg', width, height, seed)),
    );
    const odd = await oddFiles(photographs[0] as Buffer, width, height);
    const oddOf = (n: number) => (n % 20 === 7 ? odd[Math.floor(n / 20) % odd.length] : undefined);
    const keys = await writeDay(testbed, count, (n) => oddOf(n)?.bytes ?? (photographs[n % 4] as Buffer));
    const expected = new Map(keys.map((key, n) => [key, oddOf(n)?.reason]));

    const modelFolder = `${testbed.folder}/model`;
    await createRandomClip(modelFolder, { size: 'tiny', dtype: 'fp32', seed: 8 });
    const settings = { name: 'worker', millisecondsPerImage: 0, concurrency: 3, modelFolder };
    const worker = startStubWorker(testbed, settings);
    const { modelPid } = await worker.ready;
    await requestDay(testbed);
    const report = await dayReport(testbed, testbed.full ? 300 : 90);
    const megabytes = (await peakMegabytes(worker.child.pid)) + (await peakMegabytes(modelPid));

    const { rows: quarantined } = await testbed.pool.query<{ key: string; reason: string }>(
      'select key, reason from quarantine',
    );
    const reasons = new Map(quarantined.map(({ key, reason }) => [key, reason]));
    const good = keys.filter((key) => !expected.get(key));
    const misjudged = keys.filter((key) => expected.get(key) !== reasons.get(key));
    const bad = count - good.length;
    const wellJudged = quarantined.filter(({ key, reason }) => expected.get(key) === reason).length;

    const broken = misjudged.map((key) => `${key}: expected ${expected.get(key)}, got ${reasons.get(key)}`);
    if (report?.succeeded !== count - bad || report.failed !== bad)
      broken.push(`the report says ${report?.succeeded} + ${report?.failed} of ${count - bad} + ${bad}`);
    if (!(megabytes <= maxMegabytes)) broken.push(`${megabytes.toFixed(0)} MB`);
    return {
      ...(await countVectors(testbed.pool, good)),
      broken: broken.slice(0, 5),
      note: `${report ? report.succeeded + report.failed : 0} of ${count} images done; ${wellJudged} of ${bad} bad ones quarantined with the expected reason; at most ${megabytes.toFixed(0)} MB, the model's process included`,
    };
  },
};

/** Files that cameras and strangers send, with a `reason` if CLIP cannot read them. */
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
    // Odd but readable: a PNG named .jpg, CMYK, 16 bits, a camera held sideways, EXIF with a loop.
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
