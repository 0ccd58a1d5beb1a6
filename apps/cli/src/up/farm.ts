import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from '@mycelium/database';
import type { ManagedStore } from '@mycelium/storage';
import { fill } from '@mycelium/words';
import type { Output } from '../output.ts';
import { noteDemo } from './live-demo.ts';

interface Farm {
  home: string;
  pool: Pool;
  store: ManagedStore;
  timeZone: string;
  now: Date;
  output: Output;
  signal: AbortSignal;
}

/** On a first start, without any image or reading, creates the demo farm; resumes one that was interrupted. */
export async function growFarmIfEmpty({ home, output, ...farm }: Farm): Promise<void> {
  const unfinished = join(home, 'demo-farm-unfinished');
  const begun = await readFile(unfinished, 'utf8').catch(() => undefined);
  if (!begun && !(await isEmpty(farm))) return;
  const now = begun ? new Date(begun) : farm.now;
  await writeFile(unfinished, now.toISOString());

  output.line('\nNo data yet: creating a demo farm of four rooms with three days of readings and images.');
  const { growDemoFarm } = await import('@mycelium/demo');
  const bars: Partial<Record<'readings' | 'images', ReturnType<Output['bar']>>> = {};
  const grown = await growDemoFarm({
    ...farm,
    now,
    onProgress({ what, done, total }) {
      bars[what] ??= output.bar(what);
      bars[what].update(done, total);
      if (done === total) bars[what].end();
    },
  });
  await noteDemo(home, now, now);
  await rm(unfinished);
  output.done(
    'demo farm',
    fill('{readings} readings, {images} images', { readings: grown.readings, images: grown.images }),
  );
}

async function isEmpty({ pool, store, signal }: Pick<Farm, 'pool' | 'store' | 'signal'>): Promise<boolean> {
  const { rows } = await pool.query<{ used: boolean }>(
    'select exists (select from reading) or exists (select from reading_block) or exists (select from image) as used',
  );
  if (rows[0]?.used) return false;
  return (await store.topFolders(signal)).length === 0;
}
