import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '../bench.ts';
import { type Circumstances, circumstances } from './circumstances.ts';
import { type Criterion, criteria, criterionOf } from './criteria.ts';
import { fingerprint } from './fingerprint.ts';

/** A stored row, with its criterion and, if it was compared with one, the figures of the previous release. */
export type KeptRow = Omit<BenchRow, 'id'> & {
  atLeast: Pick<Criterion, 'naive' | 'limit'>;
  before?: Comparison;
};

/** This checkout and another, measured alternately. A ratio above 1 means this one is faster or smaller. */
export interface Comparison {
  commit: string | null;
  ours: number;
  ratio: number;
  rounds: number;
}

/** Machine, date, commit and code of a measurement. Taken before it, since files may change while it runs. */
export type Origin = Circumstances & { fingerprint: string };

export interface KeptBench extends Origin {
  id: string;
  rows: KeptRow[];
}

/** The words of an earlier page, from before benchmarks kept their rows. The next `--save` replaces them. */
export interface CarriedOver {
  id: string;
  carriedOver: true;
  /** The cells of the columns `''`, ours, naive way and limit. */
  rows: string[][];
}

const folder = new URL('../results/', import.meta.url);
const fileOf = (id: string) => new URL(`${id}.json`, folder);

export function originOf(id: string, file: string): Origin {
  return { ...circumstances(), fingerprint: fingerprintOf(id, file) };
}

export function keepRows(
  id: string,
  origin: Origin,
  rows: BenchRow[],
  compared: Map<string, Comparison> = new Map(),
): void {
  const kept: KeptBench = {
    id,
    ...origin,
    rows: rows.map(({ id: _, ...row }) => {
      const { naive, limit } = criterionOf(id, row.case);
      const before = compared.get(row.case);
      return { ...row, atLeast: { naive, limit }, ...(before && { before }) };
    }),
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(id), `${JSON.stringify(kept, null, 2)}\n`);
}

/** @returns the newest stored rows, or undefined if there are none */
export function readRows(id: string): KeptBench | CarriedOver | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(id), 'utf8')) as KeptBench | CarriedOver;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Changes when the benchmark's files or its criteria change. */
export function fingerprintOf(id: string, file: string): string {
  return fingerprint(
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
    criteria.filter((criterion) => criterion.id === id),
  );
}
