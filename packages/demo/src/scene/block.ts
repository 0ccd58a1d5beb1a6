import { type Random, seededRandom } from '@mycelium/encoder/random';
import { type Canvas, paintColumn, paintEllipse, paintShadow, texture } from './canvas.ts';
import { type Mushroom, paintMushroom, paintStub } from './mushroom.ts';
import type { Stage } from './scene.ts';

/** One bag of substrate on the shelf, open at the top, with everything that grows out of it. */
export interface Block {
  /** The middle of its round top, and the ellipse's half width and half height, in picture heights. */
  x: number;
  y: number;
  radius: number;
  tilt: number;
  stage: Stage;
  /** From 0 to 1, see progressInStage. */
  progress: number;
  seed: number;
}

export function paintBlock(canvas: Canvas, block: Block): void {
  paintBag(canvas, block);
  paintTop(canvas, block);
  const random = seededRandom(block.seed);
  if (block.stage === 'primordia') paintPins(canvas, block, random);
  if (block.stage === 'fruiting') paintCluster(canvas, block, random);
  if (block.stage === 'post-harvest') paintRemains(canvas, block, random);
}

/** How white the sawdust is with mycelium. */
function whiteness(block: Block): number {
  if (block.stage === 'substrate') return 0.12 + 0.5 * block.progress;
  return block.stage === 'post-harvest' ? 0.34 - 0.15 * block.progress : 0.62;
}

function paintBag(canvas: Canvas, block: Block): void {
  const { x, y, radius, tilt } = block;
  const white = whiteness(block);
  const offset = (block.seed % 97) / 31;
  const length = radius * 3.2;
  paintShadow(canvas, x, y + length * 0.55, radius * 1.35, length * 0.75, 0.7);
  paintColumn(
    canvas,
    y,
    y + length,
    (rowY) => {
      const down = Math.min(1, (rowY - y) / length);
      const crease = 0.012 * texture(offset, rowY * 0.4, 6);
      return [x, radius * (1 + 0.05 * Math.sin(down * 2.8) + crease)];
    },
    (u, v, px, py, into) => {
      const round = Math.sqrt(Math.max(0, 1 - u * u * 0.86));
      const cloud = texture(px + offset, py, 3) + 0.6 * texture(px - offset, py + offset, 1);
      const mycelium = Math.min(1, Math.max(0, white + 0.75 * cloud));
      const fold = texture(u * 0.9 + offset, py * 0.12 + offset, 5);
      const gleam = fold > 0.5 ? (fold - 0.5) * 0.6 : 0;
      const lit = round * (0.82 - 0.2 * v);
      into[0] = (0.4 + 0.42 * mycelium) * lit + gleam;
      into[1] = (0.285 + 0.485 * mycelium) * lit + gleam;
      into[2] = (0.175 + 0.535 * mycelium) * lit + gleam;
    },
  );
  paintEllipse(canvas, x, y, radius * 1.06, radius * tilt * 1.1, (u, v, px, py, into) => {
    const fold = texture(u * 0.7 + offset, v * 0.3, 3);
    const lit = 0.62 + 0.18 * fold - 0.12 * u - 0.1 * v;
    into[0] = lit;
    into[1] = lit * 1.01;
    into[2] = lit * 1.0 + 0.01 * texture(px, py);
    into[3] = 0.88;
  });
}

function paintTop(canvas: Canvas, block: Block): void {
  const { x, y, radius, tilt } = block;
  const white = whiteness(block);
  const offset = (block.seed % 89) / 29;
  paintEllipse(canvas, x, y, radius * 0.97, radius * tilt * 0.96, (u, v, px, py, into) => {
    const grain = texture(px + offset, py * 1.7, 1);
    const cloud = texture(px - offset, py * 1.7 + offset, 4);
    const mycelium = Math.min(1, Math.max(0, white + 0.55 * cloud + 0.45 * grain));
    const wall = u * u + v * v;
    const lit = (0.86 + 0.1 * v + 0.14 * grain) * (wall > 0.75 ? 1 - 1.3 * (wall - 0.75) : 1);
    into[0] = (0.36 + 0.45 * mycelium) * lit;
    into[1] = (0.25 + 0.53 * mycelium) * lit;
    into[2] = (0.15 + 0.58 * mycelium) * lit;
  });
}

interface Place {
  angle: number;
  /** From 0 in the middle of the top to 1 at the bag's wall. */
  out: number;
}

/** Positions spread evenly over the round top (like sunflower seeds) with a little jitter, from back to front. */
function places(random: Random, count: number, spread: number): Place[] {
  const turn = random() * 2 * Math.PI;
  return Array.from({ length: count }, (_, i) => ({
    angle: turn + i * 2.39996 + (random() - 0.5) * 0.9,
    out: spread * Math.min(1, Math.sqrt((i + 0.5) / count) + (random() - 0.5) * 0.12),
  })).sort((a, b) => a.out * Math.sin(a.angle) - b.out * Math.sin(b.angle));
}

function standing(block: Block, place: Place): { x: number; y: number } {
  return {
    x: block.x + Math.cos(place.angle) * place.out * block.radius * 0.92,
    y: block.y + Math.sin(place.angle) * place.out * block.radius * block.tilt * 0.88,
  };
}

function paintPins(canvas: Canvas, block: Block, random: Random): void {
  const grown = block.progress;
  const count = 110 + Math.floor(random() * 50);
  for (const place of places(random, count, 0.9)) {
    const size = block.radius * (0.6 + 0.8 * random());
    const late = random();
    if (late > 0.35 + grown * 0.9) continue;
    paintMushroom(canvas, {
      ...standing(block, place),
      stem: size * (0.035 + 0.13 * grown),
      thickness: size * (0.03 + 0.035 * grown),
      lean: Math.cos(place.angle) * place.out * 0.3,
      cap: size * (0.02 + 0.034 * grown),
      dome: 0.95,
      colour: [0.33 + 0.05 * late, 0.3 + 0.04 * late, 0.28 + 0.03 * late],
      grain: random() * 9,
    });
  }
}

function paintCluster(canvas: Canvas, block: Block, random: Random): void {
  const grown = block.progress;
  const count = 46 + Math.floor(random() * 22);
  const hue = random();
  for (const place of places(random, count, 0.62 + 0.1 * grown)) {
    const vigour = 0.65 + 0.6 * random();
    const shade = random();
    const tall = (0.3 + 0.75 * grown) * (1.12 - 0.62 * place.out) * (0.85 + 0.3 * random());
    paintMushroom(canvas, {
      ...standing(block, place),
      stem: block.radius * tall,
      thickness: block.radius * (0.075 + 0.07 * grown) * (0.75 + 0.25 * vigour),
      lean: Math.cos(place.angle) * place.out * (0.95 + 0.35 * grown) + (random() - 0.5) * 0.22,
      cap: block.radius * (0.075 + 0.185 * grown ** 0.8) * vigour,
      dome: 0.9 - 0.25 * grown + (random() - 0.5) * 0.12,
      colour: [
        0.31 + 0.1 * shade + 0.05 * hue + 0.07 * grown,
        0.265 + 0.085 * shade + 0.03 * hue + 0.06 * grown,
        0.225 + 0.065 * shade + 0.045 * grown,
      ],
      grain: random() * 9,
    });
  }
}

function paintRemains(canvas: Canvas, block: Block, random: Random): void {
  const count = 26 + Math.floor(random() * 14);
  for (const place of places(random, count, 0.68)) {
    const size = 0.7 + 0.6 * random();
    const torn = random() < 0.12;
    const stub: Mushroom = {
      ...standing(block, place),
      stem: block.radius * (0.05 + 0.1 * random()) * size,
      thickness: block.radius * 0.15 * size,
      lean: Math.cos(place.angle) * place.out * 0.9,
      cap: block.radius * 0.05 * size,
      dome: 0.8,
      colour: [0.38, 0.32, 0.26],
      grain: random() * 9,
    };
    if (torn) paintMushroom(canvas, { ...stub, thickness: stub.thickness * 0.4 });
    else paintStub(canvas, stub);
  }
}
