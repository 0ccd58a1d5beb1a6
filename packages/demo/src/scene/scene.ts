import { seedOf } from '@mycelium/encoder/random';
import { lampOf } from './room-look.ts';

export const stages = ['substrate', 'primordia', 'fruiting', 'post-harvest'] as const;
export type Stage = (typeof stages)[number];

/** What a demo camera sees: the facts of one photograph, from which its picture and caption are derived. */
export interface Scene {
  room: string;
  stage: Stage;
  /** Growth day, where 1 is the day the batch was brought in; may include a fraction of a day. */
  growthDay: number;
  /** Hour of the day, 0–24; lights are on from 6 to 20. */
  hour: number;
  /**
   * Identifies the batch, and thus the position of each mushroom: pictures of a batch show the same cluster growing.
   */
  seed: number;
}

/** First and last growth day of each stage in the farm's recipe. */
const stageDays: Record<Stage, readonly [first: number, last: number]> = {
  substrate: [1, 7],
  primordia: [8, 12],
  fruiting: [13, 24],
  'post-harvest': [25, 30],
};

export function stageOfDay(growthDay: number): Stage {
  const day = Math.floor(growthDay);
  return stages.find((stage) => day <= stageDays[stage][1]) ?? 'post-harvest';
}

export function sceneOf(facts: { room: string; growthDay: number; hour: number; seed: number }): Scene {
  return { ...facts, stage: stageOfDay(facts.growthDay) };
}

/** The progress of the stage, from 0 at its start to 1 at its end. */
export function progressInStage(scene: Scene): number {
  const [first, last] = stageDays[scene.stage];
  const age = scene.growthDay + (Number.isInteger(scene.growthDay) ? scene.hour / 24 : 0);
  return Math.min(1, Math.max(0, (age - first) / (last + 1 - first)));
}

/** One seed per batch, so that its cluster keeps its shape while it grows. */
export function batchSeed(seed: number, room: string, inDate: string): number {
  return seedOf(seed, 'batch', room, inDate);
}

const described: Record<Stage, string> = {
  substrate: 'Substrate: bags of brown sawdust with white mycelium, nothing has sprouted.',
  primordia: 'Primordia: many small grey pins dot the surface.',
  fruiting: 'Fruiting: a dense cluster of mushrooms with grey-brown caps and white stems.',
  'post-harvest': 'Post-harvest: the cluster is picked, cut stubs remain.',
};

const lit = { white: 'Lights on, bright.', blue: 'Blue light.', off: 'Lights off, dark night.' } as const;

/** The caption a person would write for the scene. */
export function sceneCaption(scene: Scene): string {
  const { room, stage, growthDay } = scene;
  return `${described[stage]} Room ${room}, day ${Math.floor(growthDay)}. ${lit[lampOf(scene)]}`;
}
