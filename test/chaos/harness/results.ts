import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Circumstances, circumstances, fingerprint } from '@mycelium/bench/record';
import type { Result } from './scenario.ts';

/** A result of a full-size run, as stored in the repository. */
export type KeptResult = Omit<Result, 'full'> & Origin;

const folder = new URL('../results/', import.meta.url);
const fileOf = (id: string) => new URL(`${id}.json`, folder);

/** Machine, date, commit and code of a run. Taken before it, since files may change while it runs. */
export type Origin = Circumstances & { fingerprint: string };

export function originOf(id: string): Origin {
  return { ...circumstances(), fingerprint: fingerprintOf(id) };
}

export function keepResult({ full: _, ...result }: Result, origin: Origin): void {
  const kept: KeptResult = { ...result, ...origin };
  mkdirSync(folder, { recursive: true });
  writeFileSync(fileOf(result.id), `${JSON.stringify(kept, null, 2)}\n`);
}

/** @returns the newest result of a full-size run, or undefined if there is none */
export function readResult(id: string): KeptResult | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(id), 'utf8')) as KeptResult;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Changes when a scenario's file or a harness file that it uses changes. */
export function fingerprintOf(id: string): string {
  const index = readFileSync(new URL('../scenarios/index.ts', import.meta.url), 'utf8');
  const file = new RegExp(`import { ${id.toLowerCase()} } from '\\./([^']+)'`).exec(index)?.[1];
  return fingerprint(fileURLToPath(new URL(`../scenarios/${file}`, import.meta.url)));
}
