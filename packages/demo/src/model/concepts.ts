import { type Stage, stageOfDay, stages } from '../scene/scene.ts';

/**
 * The vector space that the demo model's words and pictures share. Each direction has a meaning: four for the stages,
 * ten for the growth day, four for the rooms of the demo farm, two for the light. Words outside the vocabulary get
 * other directions, where there are no pictures.
 */
const rooms = ['607', '608', '611', '612'];
const dayCentres = Array.from({ length: 10 }, (_, i) => 3 * i + 2);

const stageAt = 0;
const dayAt = stageAt + stages.length;
const roomAt = dayAt + dayCentres.length;
const lightAt = roomAt + rooms.length;
export const meaningDimensions = lightAt + 2;
export const unknownDimensions = 17;
export const conceptDimensions = meaningDimensions + unknownDimensions;

export type Concept = Float64Array;

export function nothing(): Concept {
  return new Float64Array(conceptDimensions);
}

/** The four stages are as far apart as possible, each opposed to the other three. */
export function stageConcept(stage: Stage, weight: number): Concept {
  const concept = nothing();
  stages.forEach((other, i) => {
    concept[stageAt + i] = weight * (other === stage ? 0.75 : -0.25);
  });
  return concept;
}

/** Nearby days have nearby vectors. A day also points slightly towards its usual stage. */
export function dayConcept(day: number): Concept {
  const concept = stageConcept(stageOfDay(day), 0.4);
  const nearness = dayCentres.map((centre) => Math.exp(-(((Math.min(day, 31) - centre) / 3) ** 2) / 2));
  const mean = nearness.reduce((sum, value) => sum + value, 0) / nearness.length;
  nearness.forEach((value, i) => {
    concept[dayAt + i] = 0.45 * (value - mean);
  });
  return concept;
}

export function roomConcept(room: string): Concept {
  const concept = nothing();
  if (rooms.includes(room)) {
    rooms.forEach((other, i) => {
      concept[roomAt + i] = 0.5 * (other === room ? 0.75 : -0.25);
    });
  }
  return concept;
}

export function lightConcept(light: 'white' | 'blue' | 'off', weight: number): Concept {
  const concept = nothing();
  concept[lightAt] = light === 'off' ? -weight : weight;
  concept[lightAt + 1] = light === 'blue' ? 1.5 * weight : 0;
  return concept;
}

/** An unknown word gets one of sixteen directions by its id, weak enough for known words to outweigh it. */
export function unknownConcept(id: number): Concept {
  const concept = nothing();
  concept[meaningDimensions + (id % (unknownDimensions - 1))] = 0.04;
  return concept;
}

/** Part of every text, so that no vector is zero. */
export function textConcept(): Concept {
  const concept = nothing();
  concept[conceptDimensions - 1] = 0.01;
  return concept;
}
