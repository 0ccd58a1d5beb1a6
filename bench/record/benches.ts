import { readdir } from 'node:fs/promises';
import type { Bench } from '../bench.ts';

const folder = new URL('../', import.meta.url);
const others = ['run.ts', 'bench.ts'];

type LoadedBench = Bench & { file: string };

/** Every benchmark is a file in bench/; a folder of the same name contains its parts. */
export async function loadBenches(): Promise<LoadedBench[]> {
  const files = (await readdir(folder))
    .filter((file) => file.endsWith('.ts') && !others.includes(file))
    .sort();
  return Promise.all(
    files.map(async (file) => {
      const { bench } = (await import(new URL(file, folder).href)) as { bench: Bench };
      return { ...bench, file };
    }),
  );
}

/** The file for each id. */
export function benchFiles(benches: LoadedBench[]): Map<string, string> {
  return new Map(benches.flatMap(({ ids, file }) => ids.map((id) => [id, file] as const)));
}
