import { statfs } from 'node:fs/promises';
import type { Config } from '@mycelium/config';
import { probeModel } from '@mycelium/encoder';
import { openStore } from '@mycelium/storage';
import { about, type Finding } from './finding.ts';

export async function examineNode(): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const enough = major > 22 || (major === 22 && minor >= 18);
  const say = about('Node');
  return [
    enough
      ? say('good', process.version)
      : say('bad', `${process.version} does not run TypeScript; wanted: 22.18 or newer`),
  ];
}

export async function examineImages(config: Config): Promise<Finding[]> {
  const store = openStore(config);
  await store.probe(AbortSignal.timeout(10_000));
  return [about('images')('good', store.describe())];
}

export async function examineModel(config: Config): Promise<Finding[]> {
  const say = about('model');
  if (!config.CLIP_MODEL) return [say('warning', 'CLIP_MODEL is not set: clip workers will not start here')];
  const { MODEL_DIR, CLIP_DTYPE } = config;
  const id = await probeModel({ model: config.CLIP_MODEL, modelDir: MODEL_DIR, dtype: CLIP_DTYPE });
  if (id.demo)
    return [say('warning', `${config.CLIP_MODEL} is the demo model: for trying out, not for real work`)];
  return [say('good', `${id.name}, ${id.dtype}`)];
}

const wanted = 2 * 1024 ** 3;

export async function examineDisk(config: Config): Promise<Finding[]> {
  const say = about('disk');
  const { bavail, bsize } = await statfs(config.MYCELIUM_HOME).catch(() => statfs('/'));
  const free = bavail * bsize;
  const text = `${(free / 1024 ** 3).toFixed(1)} GiB free below ${config.MYCELIUM_HOME}`;
  if (free < wanted / 8) return [say('bad', `${text}: servers that cannot write lose data`)];
  return [say(free < wanted ? 'warning' : 'good', text)];
}
