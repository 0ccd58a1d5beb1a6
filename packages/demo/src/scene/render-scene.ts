import { seededRandom, seedOf } from '@mycelium/encoder/random';
import sharp from 'sharp';
import { paintBlock } from './block.ts';
import { type Canvas, type Colour, createCanvas, texture } from './canvas.ts';
import { paintDemoMark } from './demo-mark.ts';
import { lampOf, lookOf, type RoomLook } from './room-look.ts';
import { progressInStage, type Scene } from './scene.ts';

export interface RenderOptions {
  width: number;
  height: number;
  /** JPEG quality, 1–100. */
  quality?: number;
}

/** Renders the scene as the JPEG of a room's camera, marked DEMO in the corner. */
export async function renderScene(scene: Scene, options: RenderOptions): Promise<Buffer> {
  const { width, height, quality = 82 } = options;
  const pixels = paintScene(scene, width, height);
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}

/** The scene as RGB bytes, row by row. */
function paintScene(scene: Scene, width: number, height: number): Uint8Array {
  const look = lookOf(scene.room);
  const canvas = createCanvas(width, height);
  paintRoom(canvas, look);
  const progress = progressInStage(scene);
  look.bags.forEach(([x, y, radius], index) => {
    const seed = seedOf(scene.seed, 'bag', index);
    const random = seededRandom(seed);
    // Each bag is filled a little differently from the last batch and stands in a slightly different place.
    paintBlock(canvas, {
      x: x + (random() - 0.5) * 0.06,
      y: y + (random() - 0.5) * 0.03,
      radius: radius * (0.95 + 0.1 * random()),
      tilt: look.tilt,
      stage: scene.stage,
      progress: Math.min(1, Math.max(0, progress + (random() - 0.5) * 0.1)),
      seed,
    });
  });
  return develop(canvas, scene, look);
}

/** Two shelves of bags in the background, out of focus, between steel posts, with a light strip above them. */
function paintRoom({ width, height, rgb }: Canvas, { wall: [red, green, blue] }: RoomLook): void {
  const columns = Array.from({ length: width }, (_, column) => {
    const x = (column + 0.5 - width / 2) / height;
    const post = Math.max(0, 1 - Math.abs(Math.abs(x + 0.03) - 0.5) / 0.024);
    return { post, strip: softStep(-0.75, -Math.abs(x), 0.2), rows: [0.3, 0.66].map(bagAt(x, post)) };
  });
  for (let row = 0, at = 0; row < height; row++) {
    const y = (row + 0.5) / height;
    const strip =
      Math.exp(-(((y - 0.045) / 0.02) ** 2)) * 0.9 + Math.exp(-(((y - 0.045) / 0.13) ** 2)) * 0.25;
    const upper = y < 0.36;
    const board = upper ? 0.34 : 0.7;
    const shelf = softStep(board - 0.012, y) * softStep(-board - 0.012, -y);
    const standing = softStep(board - 0.21, y) * softStep(-board + 0.008, -y);
    const fall = 1.05 - 0.45 * y;
    for (const { post, strip: reach, rows } of columns) {
      const lit = fall * (1 + 0.7 * post + 0.9 * shelf);
      const bag = (rows[upper ? 0 : 1] as number) * standing * fall;
      const glow = strip * reach;
      rgb[at++] = red * lit + bag + glow;
      rgb[at++] = green * lit + bag * 0.86 + glow;
      rgb[at++] = blue * lit + bag * 0.7 + glow;
    }
  }
}

/** The brightness of the row of distant bags at `x`: round, each filled differently, hidden by the posts. */
function bagAt(x: number, post: number): (shift: number) => number {
  return (shift) => {
    const place = x / 0.185 + shift;
    const across = (place - Math.floor(place)) * 2 - 1;
    const filled = 0.19 + 0.05 * texture(Math.floor(place) * 0.31, shift);
    return filled * Math.max(0, 1 - across * across * 1.15) * (1 - post);
  };
}

/** A soft step from 0 before `edge` to 1 after it. */
function softStep(edge: number, value: number, blur = 0.016): number {
  return Math.min(1, Math.max(0, (value - edge) / blur + 0.5));
}

/** Colour and strength of the light at the scene's hour: a lamp by day, a dim bluish light by night. */
function lightAt(scene: Scene, look: RoomLook): Colour {
  const flicker = 1 + (seededRandom(seedOf(scene.seed, scene.growthDay, scene.hour, 'light'))() - 0.5) * 0.08;
  const lamp = lampOf(scene);
  if (lamp === 'off') return [0.34 * flicker, 0.38 * flicker, 0.45 * flicker];
  const noon = 0.94 + 0.14 * Math.sin(((scene.hour - 6) / 14) * Math.PI);
  const strength = noon * flicker;
  const [red, green, blue] = look.light;
  if (lamp === 'blue') {
    return [red * strength * 0.62, green * strength * 0.74, blue * strength * 1.12];
  }
  return [red * strength, green * strength, blue * strength];
}

/** Turns rendered light into the camera's bytes: exposure, vignetting, sensor noise and the mark. */
function develop(canvas: Canvas, scene: Scene, look: RoomLook): Uint8Array {
  const { width, height, rgb } = canvas;
  const light = lightAt(scene, look);
  const random = seededRandom(seedOf(scene.seed, scene.growthDay, scene.hour, 'grain'));
  const grain = grainRow(random);
  const noise = (lampOf(scene) === 'off' ? 0.022 : 0.016) * Math.min(1, height / 720);
  const pixels = new Uint8Array(width * height * 3);
  const corner = (width / height / 2) ** 2 + 0.25;
  for (let row = 0, at = 0; row < height; row++) {
    const y = (row + 0.5) / height - 0.5;
    let from = Math.floor(random() * grain.length);
    for (let column = 0; column < width; column++) {
      const x = (column + 0.5 - width / 2) / height;
      const vignette = 1 - 0.32 * ((x * x + y * y) / corner);
      from = (from + 1) & (grain.length - 1);
      const speck = (grain[from] as number) * noise;
      for (let channel = 0; channel < 3; channel++, at++) {
        pixels[at] = toByte((rgb[at] as number) * (light[channel] as number) * vignette + speck);
      }
    }
  }
  paintDemoMark(pixels, width, height);
  return pixels;
}

/** A soft shoulder instead of clipping, like a camera's curve. */
function toByte(exposed: number): number {
  const over = exposed - 0.75;
  const toned = over > 0 ? 0.75 + over / (1 + 1.8 * over) : exposed;
  return Math.min(255, Math.max(0, toned * 255 + 0.5));
}

const GRAIN = 8192;

function grainRow(random: () => number): Float32Array {
  return Float32Array.from({ length: GRAIN }, () => random() + random() + random() - 1.5);
}
