import { type Canvas, type Colour, paintColumn, paintEllipse, paintShadow, texture } from './canvas.ts';

/** One mushroom, with sizes in picture heights. Its stem leaves the substrate at `x`, `y`. */
export interface Mushroom {
  x: number;
  y: number;
  stem: number;
  thickness: number;
  /** Sideways lean of the cap relative to the stem's length, positive to the right. */
  lean: number;
  cap: number;
  /** The ratio of the cap's height to its width: 0.9 for a young button, 0.5 for an open cap from the side. */
  dome: number;
  colour: Colour;
  /** Position in the texture, so that no two caps have the same speckles. */
  grain: number;
}

const stemColour: Colour = [0.84, 0.8, 0.73];

export function paintMushroom(canvas: Canvas, mushroom: Mushroom): void {
  const { x, y, cap, dome } = mushroom;
  const capX = x + mushroom.lean * mushroom.stem;
  const capY = y - mushroom.stem;
  paintStem(canvas, mushroom, capX, capY);
  paintShadow(canvas, capX + cap * 0.08, capY + cap * 0.42, cap * 1.12, cap * dome * 1.0, 0.5);
  paintCap(canvas, capX, capY, cap, dome, mushroom.colour, mushroom.grain, mushroom.lean);
}

function paintStem(canvas: Canvas, mushroom: Mushroom, capX: number, capY: number): void {
  const { x, y, stem, thickness, grain } = mushroom;
  const foot = y + thickness * 0.3;
  paintShadow(canvas, x, y, thickness * 1.1, thickness * 0.5, 0.5);
  paintColumn(
    canvas,
    capY,
    foot,
    (rowY) => {
      const up = Math.min(1, Math.max(0, (y - rowY) / stem));
      const swelling = 1 + 0.45 * (1 - up) * (1 - up);
      const sunk = Math.max(0, (rowY - y) / (foot - y));
      return [x + (capX - x) * up, thickness * 0.5 * swelling * Math.sqrt(Math.max(0, 1 - sunk * sunk))];
    },
    (u, v, px, py, into) => {
      const round = 1 - 0.55 * (u + 0.25) * (u + 0.25);
      const fibre = 1 + 0.05 * texture(px * 2.2 + grain, py * 0.25) + 0.03 * texture(px + grain, py);
      const depth = 0.62 + 0.38 * Math.min(1, (1 - v) * 0.75);
      const lit = round * fibre * depth;
      into[0] = stemColour[0] * lit;
      into[1] = stemColour[1] * lit;
      into[2] = stemColour[2] * lit * (0.97 + 0.03 * depth);
    },
  );
}

/** A dome lit from above left, darker and browner at its crown, pale at its rim, speckled. */
function paintCap(
  canvas: Canvas,
  x: number,
  y: number,
  radius: number,
  dome: number,
  [red, green, blue]: Colour,
  grain: number,
  lean: number,
): void {
  paintEllipse(
    canvas,
    x,
    y + radius * dome * 0.16,
    radius * 0.96,
    radius * dome * 0.95,
    (u, v, _x, _y, into) => {
      const lit = 0.55 - 0.3 * u * u + 0.12 * v;
      into[0] = 0.8 * lit;
      into[1] = 0.74 * lit;
      into[2] = 0.66 * lit;
    },
  );
  paintEllipse(canvas, x, y, radius, radius * dome, (u, v, px, py, into) => {
    const flat = u * u + v * v;
    const towards = Math.sqrt(Math.max(0, 1 - flat));
    const light = Math.max(0, -0.32 * u - 0.62 * v + 0.72 * towards);
    const crownX = u - lean * 0.35;
    const crownY = v + 0.22;
    const fromCrown = Math.min(1, Math.sqrt(crownX * crownX + crownY * crownY));
    const speck = texture(px + grain, py - grain);
    const blotch = texture(px * 0.5 - grain, py * 0.5 + grain, 2);
    const pale = 0.1 + 0.5 * fromCrown * fromCrown + 0.12 * blotch + 0.06 * speck;
    const rim = flat > 0.8 ? 1 - 1.1 * (flat - 0.8) * (v > -0.2 ? 1 : 0.4) : 1;
    const lit = (0.34 + 0.86 * light) * rim * (1 + 0.07 * speck);
    const shine = light > 0.9 ? (light - 0.9) * 1.5 : 0;
    into[0] = (red + (0.74 - red) * pale) * lit + shine;
    into[1] = (green + (0.67 - green) * pale) * lit + shine;
    into[2] = (blue + (0.57 - blue) * pale) * lit + shine;
  });
}

/** What remains after the harvest: a short white foot with a pale, browning cut on top. */
export function paintStub(canvas: Canvas, stub: Mushroom): void {
  const top = stub.y - stub.stem;
  paintShadow(
    canvas,
    stub.x + stub.thickness * 0.2,
    stub.y + stub.thickness * 0.1,
    stub.thickness,
    stub.thickness * 0.6,
    0.55,
  );
  paintStem(canvas, { ...stub, lean: stub.lean * 0.4 }, stub.x + stub.lean * 0.4 * stub.stem, top);
  const cutX = stub.x + stub.lean * 0.4 * stub.stem;
  paintEllipse(canvas, cutX, top, stub.thickness * 0.54, stub.thickness * 0.3, (u, v, px, py, into) => {
    const ring = u * u + v * v;
    const browning = 0.12 + 0.3 * ring + 0.1 * texture(px + stub.grain, py, 2);
    const lit = 0.97 + 0.05 * v;
    into[0] = (0.93 - 0.3 * browning) * lit;
    into[1] = (0.87 - 0.48 * browning) * lit;
    into[2] = (0.76 - 0.62 * browning) * lit;
  });
}
