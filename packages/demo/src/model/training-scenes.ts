import { decodeImage, type Pixels } from '@mycelium/encoder';
import { type Random, seededRandom, seedOf } from '@mycelium/encoder/random';
import sharp from 'sharp';
import { renderScene } from '../scene/render-scene.ts';
import { type Scene, sceneOf } from '../scene/scene.ts';

/** Small pictures are enough, since CLIP sees a height of 224 pixels. */
const HEIGHT = 360;
const WIDTH = 640;

interface TrainingScene {
  scene: Scene;
  /** The picture, then changed copies of it, as CLIP sees them. */
  copies: Pixels[];
}

/** Scenes from all rooms, days and hours, each with brighter, mirrored and cropped (80 %) copies. */
export async function* trainingScenes(count: number, seed: number): AsyncGenerator<TrainingScene> {
  const ahead: Promise<TrainingScene>[] = [];
  for (let i = 0; i < count; i++) {
    ahead.push(trainingScene(seededRandom(seedOf(seed, 'training', i))));
    if (ahead.length > 3) yield (await ahead.shift()) as TrainingScene;
  }
  yield* ahead;
}

export function randomScene(random: Random): Scene {
  return sceneOf({
    room: ['607', '608', '611', '612'][Math.floor(random() * 4)] as string,
    growthDay: 1 + Math.floor(random() * 30),
    hour: Math.floor(random() * 24),
    seed: Math.floor(random() * 2 ** 31),
  });
}

async function trainingScene(random: Random): Promise<TrainingScene> {
  const scene = randomScene(random);
  const jpeg = await renderScene(scene, { width: WIDTH, height: HEIGHT });
  const files = await Promise.all([
    jpeg,
    brighter(jpeg, 1.1 + 0.4 * random()),
    mirrored(jpeg),
    cropped(jpeg, 0.5, 0.5),
    ...[1, 2, 3, 4].map(() => cropped(jpeg, random(), random())),
  ]);
  return { scene, copies: await Promise.all(files.map((file) => decodeImage(file))) };
}

export function brighter(jpeg: Buffer, factor: number): Promise<Buffer> {
  return sharp(jpeg).linear(factor, 0).jpeg({ quality: 90 }).toBuffer();
}

export function mirrored(jpeg: Buffer): Promise<Buffer> {
  return sharp(jpeg).flop().jpeg({ quality: 90 }).toBuffer();
}

/** Crops to 80 % of each side. `across` and `down` give the position, from 0 (left, top) to 1 (right, bottom). */
export async function cropped(jpeg: Buffer, across: number, down: number): Promise<Buffer> {
  const { width, height } = await sharp(jpeg).metadata();
  const [keptWidth, keptHeight] = [Math.round(width * 0.8), Math.round(height * 0.8)];
  const left = Math.floor((width - keptWidth) * across);
  const top = Math.floor((height - keptHeight) * down);
  return sharp(jpeg)
    .extract({ left, top, width: keptWidth, height: keptHeight })
    .jpeg({ quality: 90 })
    .toBuffer();
}
