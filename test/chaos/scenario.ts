import type { Pool } from '@mycelium/database';
import type { QueueConnection, Queues } from '@mycelium/queue';

/** What a scenario came to. */
export interface Outcome {
  /** Work that was asked for and never done. */
  lost: number;
  /** Effects that are there twice. */
  doubled: number;
  /** Work done after it was due, when that is what was tried. */
  late?: number;
  /** Writes refused because another worker had taken over. */
  refused: number;
  /** Times something died, stopped or went away, and the work went on. */
  recovered: number;
  /** What does not hold; empty when all does. */
  broken: string[];
  note: string;
}

/** Servers, a database and a Redis prefix of the scenario's own, and a seeded source of chance. */
export interface Stage {
  databaseUrl: string;
  redisUrl: string;
  prefix: string;
  pool: Pool;
  connection: QueueConnection;
  queues: Queues;
  /** A folder that goes with the scenario. */
  folder: string;
  /** A home whose servers the scenario may kill. */
  home: () => Promise<string>;
  /** 0 ≤ x < 1, repeatable from the seed. */
  random: () => number;
  /** The full size, or the short one of `npm test`. */
  full: boolean;
  say: (line: string) => void;
  onEnd: (release: () => unknown) => void;
}

export interface Scenario {
  id: string;
  title: string;
  /** It judges by how long things take: nothing else may go on beside it. */
  quiet?: boolean;
  /** It takes long and little: it goes on beside others. */
  beside?: boolean;
  run: (stage: Stage) => Promise<Outcome>;
}

/** Small, well mixed, and repeatable: mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
