import { createPool } from '@mycelium/database';

/** The context of a benchmark. A benchmark writes only to its own databases, Redis prefixes and folder. */
export interface BenchContext {
  databaseUrl: string;
  redisUrl: string;
  workDir: string;
  log: (line: string) => void;
}

/** One measured case: ours, the naive way and the limit, in the same unit, measured alternately. */
export interface BenchRow {
  id: string;
  case: string;
  unit: string;
  ours: number;
  naive: number | null;
  limit: number | null;
  /** Larger is better, whatever the unit. */
  vsNaive: number | null;
  vsLimit: number | null;
  /** Repetitions or rows, depending on the unit. */
  n: number;
  /** A condition of this run that readers need to know. */
  note?: string;
}

export interface Bench {
  name: string;
  ids: string[];
  run: (context: BenchContext) => Promise<BenchRow[]>;
}

/** Creates an empty database on the same server, replacing one left by an earlier run. */
export async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const admin = createPool(serverUrl, { name: 'bench', max: 1 });
  await admin.query(`drop database if exists ${name} with (force)`);
  await admin.query(`create database ${name}`);
  await admin.end();
  return Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
}

/** Seconds. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
}

export const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1] as number;
