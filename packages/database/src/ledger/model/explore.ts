import { canonical, type Farm, isHeld, keyOf } from './farm-state.ts';
import type { Protocol } from './protocols.ts';
import { nextSteps } from './steps.ts';

export interface Exploration {
  states: number;
  /** The steps to the first state in which more than one run was alive. */
  twoAlive: string[] | undefined;
  /** The steps to the first state from which the slots can no longer all end. */
  deadlock: string[] | undefined;
}

interface Seen {
  farm: Farm;
  /** The first way it was reached. */
  from: number;
  step: string;
  /** States that lead here by a fair step. */
  before: number[];
}

/** Visits every state the farm can reach, breadth first. */
export function explore(protocol: Protocol, start: Farm): Exploration {
  const seen: Seen[] = [];
  const numbers = new Map<string, number>();
  const visit = (reached: Farm, from: number, step: string, fair: boolean) => {
    const farm = canonical(reached);
    const key = keyOf(farm);
    let number = numbers.get(key);
    if (number === undefined) {
      number = seen.push({ farm, from, step, before: [] }) - 1;
      numbers.set(key, number);
    }
    if (fair && from >= 0) seen[number]?.before.push(from);
  };
  visit(start, -1, '', true);
  for (let n = 0; n < seen.length; n++) {
    for (const { name, fair, to } of nextSteps((seen[n] as Seen).farm, protocol)) visit(to, n, name, fair);
  }
  const pathTo = (number: number) => {
    const path: string[] = [];
    for (let n = number; n > 0; n = (seen[n] as Seen).from) path.unshift((seen[n] as Seen).step);
    return number === -1 ? undefined : path;
  };
  const ends = canEnd(seen);
  return {
    states: seen.length,
    twoAlive: pathTo(seen.findIndex(({ farm }) => runsAlive(farm) > 1)),
    deadlock: pathTo(seen.findIndex((_, n) => !ends.has(n))),
  };
}

/** The states from which fair steps alone can bring every slot to its end. */
function canEnd(seen: Seen[]): Set<number> {
  const reached = new Set<number>();
  for (const [n, { farm }] of seen.entries()) if (farm.slots.every(isOver)) reached.add(n);
  for (const n of reached) for (const before of (seen[n] as Seen).before) reached.add(before);
  return reached;
}

const isOver = ({ status, job }: Farm['slots'][number]) => status === 'succeeded' && job === 'gone';

const runsAlive = (farm: Farm) =>
  farm.slots.filter((slot) => slot.status === 'waiting' || (slot.status === 'running' && isHeld(farm, slot)))
    .length;
