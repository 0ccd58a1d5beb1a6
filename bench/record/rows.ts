import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '../bench.ts';
import { type Circumstances, circumstances } from './circumstances.ts';
import { type Criterion, criteria, criterionOf } from './criteria.ts';
import { fingerprint } from './fingerprint.ts';

/** A measured figure; two numbers are the lowest and the highest of several runs. */
export type Figure = number | [number, number] | null;

/** A stored row, with its criterion and, if it was compared with one, the figures of the previous release. */
export type KeptRow = Pick<BenchRow, 'case' | 'unit' | 'n' | 'note'> & {
  ours: Figure;
  naive: Figure;
  limit: Figure;
  vsNaive: Figure;
  vsLimit: Figure;
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

export interface KeptBench extends Circumstances {
  id: string;
  rows: KeptRow[];
  fingerprint: string | null;
}

const folder = new URL('../results/', import.meta.url);
const fileOf = (id: string) => new URL(`${id}.json`, folder);

export function keepRows(
  id: string,
  file: string,
  rows: BenchRow[],
  compared: Map<string, Comparison> = new Map(),
): void {
  const kept: KeptBench = {
    id,
    ...circumstances(),
    fingerprint: fingerprintOf(id, file),
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
export function readRows(id: string): KeptBench | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(id), 'utf8')) as KeptBench;
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
