import { type Stage, stageOfDay, stages } from '../scene/scene.ts';

/**
 * The space in which the demo model's words and pictures meet. Each direction means something: four for the stages,
 * ten for the growth day, four for the rooms of the demo farm, two for the light; the rest of a text, what the
 * vocabulary does not know, has directions of its own, in which no picture lies.
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

/** The stages lie as far apart as four can: each is against the three others. */
export function stageConcept(stage: Stage, weight: number): Concept {
  const concept = nothing();
  stages.forEach((other, i) => {
    concept[stageAt + i] = weight * (other === stage ? 0.75 : -0.25);
  });
  return concept;
}

/** Days that are near lie near; a day also says a little of the stage that the recipe has on it. */
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

/** What is not understood: one of sixteen directions by its id, weak, so that known words outweigh it. */
export function unknownConcept(id: number): Concept {
  const concept = nothing();
  concept[meaningDimensions + (id % (unknownDimensions - 1))] = 0.04;
  return concept;
}

/** In every text, so that none is empty. */
export function textConcept(): Concept {
  const concept = nothing();
  concept[conceptDimensions - 1] = 0.01;
  return concept;
}
