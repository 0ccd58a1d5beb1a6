import type { Pool } from '@mycelium/database';
import type { QueueConnection, Queues } from '@mycelium/queue';
import type { StoreSettings } from '@mycelium/storage';

/** The figures of a scenario. Null means that it did not count this one. */
export interface Figures {
  /** Work that was requested but never done. */
  lost: number | null;
  /** Effects that exist twice. */
  doubled: number | null;
  /** Slots that were due during a downtime and ran after it. */
  late: number | null;
  /** Writes refused because another worker had taken over: mycelium_fenced_writes_total of every process. */
  refused: number | null;
  /** Deaths, stops and outages after which the work continued. */
  recovered: number | null;
}

/** What a scenario returns. The runner adds `refused`, which it counts for every scenario. */
export interface Outcome extends Partial<Omit<Figures, 'refused'>> {
  /** The conditions that failed; empty if all hold. */
  broken: string[];
  note: string;
}

/** The outcome of a scenario: it holds, is broken, or did not run. */
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

/** Whether lost and doubled were counted and are 0, and every condition of the scenario holds. */
export function holds({ lost, doubled, broken }: Pick<Result, 'lost' | 'doubled' | 'broken'>): boolean {
  return lost === 0 && doubled === 0 && broken.length === 0;
}

/** Counts refused writes over all processes of a scenario, dead ones included. */
export interface RefusedWrites {
  /** Adds a process. `read` returns its counter, or `undefined` if it can no longer be read. */
  watch: (read: () => Promise<number | undefined>) => void;
  /** `refused` is null if no counter was read; `unread` is the number of processes whose counter was never read. */
  total: () => Promise<{ refused: number | null; unread: number }>;
}

/** The scenario's own servers, database and Redis prefix, and a seeded source of randomness. */
export interface Testbed {
  databaseUrl: string;
  redisUrl: string;
  prefix: string;
  pool: Pool;
  connection: QueueConnection;
  queues: Queues;
  /** Removed at the end of the scenario. */
  folder: string;
  /** Where its images are: a folder in `folder`, unless it starts an S3 server. */
  store: StoreSettings;
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
  /** It measures time, so nothing else may run at the same time. */
  quiet?: boolean;
  /** It takes long but needs few resources, so it runs alongside the others. */
  beside?: boolean;
  /** The reason this machine cannot run it; undefined if it can. */
  unavailable?: () => Promise<string | undefined>;
  run: (testbed: Testbed) => Promise<Outcome>;
}

/** A small, well-mixed, repeatable generator (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
