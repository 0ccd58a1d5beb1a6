import type { Pool } from '@mycelium/database';
import type { QueueConnection, Queues } from '@mycelium/queue';

/** What a scenario counted. A figure that it did not count is null. */
export interface Figures {
  /** Work that was requested and never done. */
  lost: number | null;
  /** Effects that exist twice. */
  doubled: number | null;
  /** Slots that were due during a downtime and were run after it. */
  late: number | null;
  /** Writes refused because another worker had taken over: mycelium_fenced_writes_total of every process. */
  refused: number | null;
  /** Deaths, stops and outages after which the work continued. */
  recovered: number | null;
}

/** What a scenario returns. The runner adds `refused`, which it counts for all of them. */
export interface Outcome extends Partial<Omit<Figures, 'refused'>> {
  /** What does not hold; empty when everything does. */
  broken: string[];
  note: string;
}

/** What becomes of one scenario: it holds, is broken, or did not run, which is neither. */
export interface Result extends Figures {
  id: string;
  title: string;
  /** Null when the scenario did not run. */
  pass: boolean | null;
  /** Why it did not run. */
  notRun: string | null;
  broken: string[];
  note: string;
  seconds: number;
  seed: number;
  full: boolean;
}

/** Nothing lost, nothing doubled, and every condition of the scenario's own holds. */
export function holds({ lost, doubled, broken }: Pick<Result, 'lost' | 'doubled' | 'broken'>): boolean {
  return (lost ?? 0) === 0 && (doubled ?? 0) === 0 && broken.length === 0;
}

/** Counts refused writes over all processes of a scenario, dead ones included. */
export interface RefusedWrites {
  /** Adds a process; `read` returns its counter, `undefined` when it cannot be read any more. */
  watch: (read: () => Promise<number | undefined>) => void;
  /** Null when no process was watched. */
  total: () => Promise<number | null>;
}

/** Servers, a database and a Redis prefix of the scenario's own, and a seeded source of randomness. */
export interface Testbed {
  databaseUrl: string;
  redisUrl: string;
  prefix: string;
  pool: Pool;
  connection: QueueConnection;
  queues: Queues;
  /** Removed at the end of the scenario. */
  folder: string;
  /** A home whose servers the scenario may kill. */
  home: () => Promise<string>;
  /** 0 ≤ x < 1, repeatable from the seed. */
  random: () => number;
  /** The full size, or the short one of `npm test`. */
  full: boolean;
  log: (line: string) => void;
  refusedWrites: RefusedWrites;
  onEnd: (release: () => unknown) => void;
}

export interface Scenario {
  id: string;
  title: string;
  /** It judges how long things take, so nothing else may run beside it. */
  quiet?: boolean;
  /** It takes long and needs little, so it runs beside the others. */
  beside?: boolean;
  /** Why this machine cannot run it; undefined when it can. */
  unavailable?: () => Promise<string | undefined>;
  run: (testbed: Testbed) => Promise<Outcome>;
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
