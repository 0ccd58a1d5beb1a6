import { randomUUID } from 'node:crypto';
import { type Config, fullDisk, fullestDisk, isLow } from '@mycelium/config';
import { activeModel, createPool } from '@mycelium/database';
import { createCaptioner, modelKey, verifyModel } from '@mycelium/encoder';
import { openStore } from '@mycelium/storage';
import { about, type Finding } from './finding.ts';

export async function examineNode(): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 22 || (major === 22 && minor >= 18);
  const say = about('Node');
  return [
    enough
      ? say('good', process.version)
      : say('bad', `${process.version} cannot run TypeScript: install 22.18 or newer`),
  ];
}

/** It belongs to no room, so no run ever reads it. */
const probeKey = 'mycelium-doctor-probe';

/** Imports write images; workers only read them. */
export async function examineImages(config: Config): Promise<Finding[]> {
  const say = about('images');
  const store = openStore(config);
  const signal = AbortSignal.timeout(10_000);
  await store.probe(signal);
  const findings = [say('good', store.describe())];
  const bytes = Buffer.from(randomUUID());
  try {
    await store.write(probeKey, bytes, { signal });
    const same = (await store.read(probeKey, signal)).bytes.equals(bytes);
    await store.remove(probeKey, signal);
    findings.push(
      same
        ? say('good', 'can be written, read and removed')
        : say('bad', 'returns other bytes than were written: replace this store'),
    );
  } catch (error) {
    const why = (error as Error).message;
    findings.push(
      say(
        'warning',
        `the probe object ${probeKey} failed (${why}): allow GetObject, PutObject and DeleteObject`,
      ),
    );
  }
  return findings;
}

export async function examineModel(config: Config): Promise<Finding[]> {
  const say = about('model');
  if (!config.CLIP_MODEL) return [say('warning', 'CLIP_MODEL is not set: clip workers cannot start here')];
  const { MODEL_DIR, CLIP_DTYPE } = config;
  const id = await verifyModel({ model: config.CLIP_MODEL, modelDir: MODEL_DIR, dtype: CLIP_DTYPE });
  const key = modelKey(id);
  const used = config.DATABASE_URL && (await modelInUse(config.DATABASE_URL));
  if (used && used !== key) {
    return [
      say(
        'warning',
        `${key}, but searches use ${used}: once the images have vectors of the new model, run \`mycelium models use ${key}\``,
      ),
    ];
  }
  if (id.demo)
    return [
      say(
        'warning',
        `${config.CLIP_MODEL} is the demo model, not for real work: set CLIP_MODEL to a real one`,
      ),
    ];
  return [say('good', key)];
}

/** The active model; also undefined if the database does not answer, which another check reports. */
async function modelInUse(databaseUrl: string): Promise<string | undefined> {
  const pool = createPool(databaseUrl, { name: 'mycelium doctor', max: 1 });
  try {
    return (await activeModel(pool).catch(() => undefined))?.key;
  } finally {
    await pool.end();
  }
}

export async function examineCaptioner({
  CAPTION_URL,
  CAPTION_MODEL,
  CAPTION_API_KEY,
}: Config): Promise<Finding[]> {
  const say = about('captioner');
  const captioner = createCaptioner({ url: CAPTION_URL, model: CAPTION_MODEL, apiKey: CAPTION_API_KEY });
  if (!captioner) return [say('good', 'none: CAPTION_URL is not set, so images get no descriptions')];
  try {
    await captioner.probe(AbortSignal.timeout(10_000));
    return [say('good', `${CAPTION_MODEL} at ${captioner.where}`)];
  } catch (error) {
    return [
      say('warning', `${(error as Error).message}: descriptions wait until it answers, vectors do not`),
    ];
  } finally {
    captioner.close();
  }
}

export async function examineDisk(config: Config): Promise<Finding[]> {
  const say = about('disk');
  const fullest = await fullestDisk(config);
  const { free, size, path } = fullest;
  const share = Math.floor((free / size) * 100);
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB (${share} %) free in ${path}`;
  if (await fullDisk(config))
    return [say('bad', `${text}: free some space, until then no job runs (DISK_FLOOR_MIB)`)];
  return [isLow(fullest) ? say('warning', `${text}: free some space`) : say('good', text)];
}
