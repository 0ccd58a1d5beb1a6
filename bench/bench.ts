import { createPool } from '@mycelium/database';

/** What a benchmark gets. It writes only to databases, Redis prefixes and a folder of its own. */
export interface BenchContext {
  databaseUrl: string;
  redisUrl: string;
  workDir: string;
  log: (line: string) => void;
}

/** One measured case: ours, the naive way and the limit, in one unit, measured interleaved. */
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
  /** Repetitions or rows, as the unit says; null where an early result does not have it. */
  n: number | null;
  /** A condition of this run that the reader needs. */
  note?: string;
}

export interface Bench {
  name: string;
  ids: string[];
  run: (context: BenchContext) => Promise<BenchRow[]>;
}

/** An empty database beside the given one, in place of one that an earlier run left. */
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
