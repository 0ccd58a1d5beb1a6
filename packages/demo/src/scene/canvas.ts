import { seededRandom } from '@mycelium/encoder/random';

/**
 * A picture being rendered: RGB floats, 1 = white. Positions and sizes are in picture heights, with x = 0 in the
 * middle, so that a small rendering is a coarser version of the large one.
 */
export interface Canvas {
  width: number;
  height: number;
  rgb: Float32Array;
}

export type Colour = readonly [red: number, green: number, blue: number];

export function createCanvas(width: number, height: number): Canvas {
  return { width, height, rgb: new Float32Array(width * height * 3) };
}

const TILE = 256;
const tile = textureTile();

/** A cloudy texture around 0, roughly −1…1. `x`, `y` in picture heights; `scale` 1 gives the finest grain. */
export function texture(x: number, y: number, scale = 1): number {
  const column = Math.floor((x * 640) / scale) & (TILE - 1);
  const row = Math.floor((y * 640) / scale) & (TILE - 1);
  return tile[row * TILE + column] as number;
}

/** Paints a surface: takes a position on it (−1…1 across and down) and writes its colour to `into`. */
export type Surface = (u: number, v: number, x: number, y: number, into: Float32Array) => void;

const colour = new Float32Array(4);

/** Paints an ellipse; `surface` may set `into[3]`, its opacity, which is 1 before each call. */
export function paintEllipse(
  canvas: Canvas,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  surface: Surface,
): void {
  const { width, height, rgb } = canvas;
  const top = Math.max(0, Math.floor((y - radiusY) * height - 1));
  const bottom = Math.min(height - 1, Math.ceil((y + radiusY) * height + 1));
  const softness = Math.min(radiusX, radiusY) * height;
  for (let row = top; row <= bottom; row++) {
    const pointY = (row + 0.5) / height;
    const v = (pointY - y) / radiusY;
    const reach = 1 + 1 / softness - v * v;
    if (reach <= 0) continue;
    const half = radiusX * height * Math.sqrt(reach) + 1;
    const middle = x * height + width / 2;
    const left = Math.max(0, Math.floor(middle - half));
    const right = Math.min(width - 1, Math.ceil(middle + half));
    for (let column = left; column <= right; column++) {
      const pointX = (column + 0.5 - width / 2) / height;
      const u = (pointX - x) / radiusX;
      const edge = (1 - Math.sqrt(u * u + v * v)) * softness + 0.5;
      if (edge <= 0) continue;
      colour[3] = 1;
      surface(u, v, pointX, pointY, colour);
      blend(rgb, (row * width + column) * 3, edge < 1 ? edge * (colour[3] as number) : (colour[3] as number));
    }
  }
}

/** Paints the area between two edges, row by row: `edges` gives middle and half width at a height. */
export function paintColumn(
  canvas: Canvas,
  top: number,
  bottom: number,
  edges: (y: number) => readonly [middle: number, half: number],
  surface: Surface,
): void {
  const { width, height, rgb } = canvas;
  const first = Math.max(0, Math.floor(top * height));
  const last = Math.min(height - 1, Math.ceil(bottom * height));
  for (let row = first; row <= last; row++) {
    const pointY = (row + 0.5) / height;
    const [middle, half] = edges(pointY);
    const v = ((pointY - top) / (bottom - top)) * 2 - 1;
    const left = Math.max(0, Math.floor((middle - half) * height + width / 2));
    const right = Math.min(width - 1, Math.ceil((middle + half) * height + width / 2));
    for (let column = left; column <= right; column++) {
      const pointX = (column + 0.5 - width / 2) / height;
      const u = (pointX - middle) / half;
      const edge = (1 - Math.abs(u)) * half * height + 0.5;
      if (edge <= 0) continue;
      colour[3] = 1;
      surface(Math.min(1, Math.max(-1, u)), v, pointX, pointY, colour);
      blend(rgb, (row * width + column) * 3, edge < 1 ? edge * (colour[3] as number) : (colour[3] as number));
    }
  }
}

function blend(rgb: Float32Array, at: number, opacity: number): void {
  for (let channel = 0; channel < 3; channel++) {
    const under = rgb[at + channel] as number;
    rgb[at + channel] = under + ((colour[channel] as number) - under) * opacity;
  }
}

/** A soft dark spot: the shadow of an object. */
export function paintShadow(
  canvas: Canvas,
  x: number,
  y: number,
  radiusX: number,
  radiusY: number,
  strength: number,
): void {
  paintEllipse(canvas, x, y, radiusX, radiusY, (u, v, _x, _y, into) => {
    const fade = 1 - u * u - v * v;
    into[0] = 0.02;
    into[1] = 0.018;
    into[2] = 0.016;
    into[3] = fade > 0 ? strength * fade : 0;
  });
}

function textureTile(): Float32Array {
  const random = seededRandom(20251224);
  const sum = new Float32Array(TILE * TILE);
  for (const [cells, weight] of [
    [8, 0.3],
    [16, 0.3],
    [32, 0.35],
    [64, 0.4],
    [128, 0.4],
    [256, 0.3],
  ] as const) {
    const lattice = Float32Array.from({ length: cells * cells }, () => random() * 2 - 1);
    const at = (row: number, column: number) => lattice[(row % cells) * cells + (column % cells)] as number;
    for (let y = 0; y < TILE; y++) {
      for (let x = 0; x < TILE; x++) {
        const [row, column] = [(y * cells) / TILE, (x * cells) / TILE];
        const [r, c] = [Math.floor(row), Math.floor(column)];
        const [down, across] = [smooth(row - r), smooth(column - c)];
        const upper = at(r, c) * (1 - across) + at(r, c + 1) * across;
        const lower = at(r + 1, c) * (1 - across) + at(r + 1, c + 1) * across;
        sum[y * TILE + x] = (sum[y * TILE + x] as number) + weight * (upper * (1 - down) + lower * down);
      }
    }
  }
  return sum;
}

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
