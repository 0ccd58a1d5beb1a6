import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchRow } from '../bench.ts';
import { type Circumstances, circumstances } from './circumstances.ts';
import { type Criterion, criteria, criterionOf } from './criteria.ts';
import { fingerprint } from './fingerprint.ts';

/** A measured figure; two numbers are the lowest and the highest of several runs. */
export type Figure = number | [number, number] | null;

/** A row as the repository keeps it, with what it is held to and, where it was compared, the release before. */
export type KeptRow = Pick<BenchRow, 'case' | 'unit' | 'n' | 'note'> & {
  ours: Figure;
  naive: Figure;
  limit: Figure;
  vsNaive: Figure;
  vsLimit: Figure;
  atLeast: Pick<Criterion, 'naive' | 'limit'>;
  before?: Comparison;
};

/** Ours and another checkout's, measured in turns: more than 1 is faster or smaller than the other. */
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

/** @returns the newest rows that were kept, or undefined where there are none */
export function readRows(id: string): KeptBench | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(id), 'utf8')) as KeptBench;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Changes when the benchmark's files change, or what its rows are held to. */
export function fingerprintOf(id: string, file: string): string {
  return fingerprint(
    fileURLToPath(new URL(`../${file}`, import.meta.url)),
    criteria.filter((criterion) => criterion.id === id),
  );
}
