import type { Config } from '@mycelium/config';
import type { Pool } from '@mycelium/database';
import type { ManagedStore } from '@mycelium/storage';
import type { Output } from '../output.ts';

interface Farm {
  config: Config;
  pool: Pool;
  store: ManagedStore;
  now: Date;
  output: Output;
  signal: AbortSignal;
}

/** Neither an image nor a reading anywhere: a first start. */
export async function isEmpty({ pool, store, signal }: Farm): Promise<boolean> {
  const { rows } = await pool.query<{ used: boolean }>(
    'select exists (select from reading) or exists (select from image) as used',
  );
  if (rows[0]?.used) return false;
  return (await store.topFolders(signal)).length === 0;
}
