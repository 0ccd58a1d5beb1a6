import { seededRandom, seedOf } from '@mycelium/encoder/random';
import type { Colour } from './canvas.ts';

/** A room's camera position and light, the same for every picture of the room. */
export interface RoomLook {
  /** Bags, farthest first: middle, top and half width, in picture heights (x = 0 is the middle, y = 0 the top). */
  bags: readonly (readonly [x: number, y: number, radius: number])[];
  /** How steeply the camera looks down: the ratio of half height to half width of a bag's round top. */
  tilt: number;
  light: Colour;
  wall: Colour;
  /** Grow light in the late afternoon is blue. */
  blueEvening: boolean;
}

const known: Record<string, RoomLook> = {
  '607': {
    bags: [
      [-0.7, 0.5, 0.21],
      [0.56, 0.47, 0.2],
      [-0.08, 0.67, 0.3],
    ],
    tilt: 0.36,
    light: [1.05, 1, 0.9],
    wall: [0.2, 0.2, 0.18],
    blueEvening: false,
  },
  '608': {
    bags: [
      [-0.62, 0.62, 0.25],
      [0.62, 0.62, 0.25],
      [0, 0.65, 0.26],
    ],
    tilt: 0.3,
    light: [0.99, 1.01, 1],
    wall: [0.24, 0.26, 0.27],
    blueEvening: false,
  },
  '611': {
    bags: [
      [0.76, 0.53, 0.24],
      [-0.74, 0.56, 0.25],
      [0.04, 0.7, 0.36],
    ],
    tilt: 0.42,
    light: [1.02, 1.01, 0.96],
    wall: [0.14, 0.16, 0.14],
    blueEvening: false,
  },
  '612': {
    bags: [
      [0.08, 0.46, 0.19],
      [-0.42, 0.63, 0.28],
      [0.46, 0.67, 0.3],
    ],
    tilt: 0.39,
    light: [0.96, 1, 1.06],
    wall: [0.18, 0.21, 0.25],
    blueEvening: true,
  },
};

/** The look of a room; for a room outside the demo farm it is derived from its name. */
export function lookOf(room: string): RoomLook {
  const look = known[room];
  if (look) return look;
  const random = seededRandom(seedOf('look', room));
  const between = (low: number, high: number) => low + (high - low) * random();
  const wall = between(0.13, 0.26);
  return {
    bags: [
      [between(-0.8, -0.6), between(0.48, 0.58), between(0.19, 0.24)],
      [between(0.6, 0.8), between(0.48, 0.58), between(0.19, 0.24)],
      [between(-0.15, 0.15), between(0.64, 0.7), between(0.26, 0.36)],
    ],
    tilt: between(0.3, 0.44),
    light: [between(0.94, 1.06), 1, between(0.9, 1.06)],
    wall: [wall, wall * between(1, 1.1), wall * between(0.95, 1.15)],
    blueEvening: random() < 0.3,
  };
}

/** The lamps of a room at an hour: off from 20 to 6; in some rooms blue in the evening. */
export function lampOf({ room, hour }: { room: string; hour: number }): 'white' | 'blue' | 'off' {
  if (hour < 6 || hour >= 20) return 'off';
  return hour >= 17 && lookOf(room).blueEvening ? 'blue' : 'white';
}
