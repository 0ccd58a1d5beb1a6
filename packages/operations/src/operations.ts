import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';

/** What every operation needs: connections, settings and who requested it. */
export interface Operations {
  pool: Pool;
  queues: Queues;
  /** The image store; without it, only images in the database are considered. */
  store?: ObjectStore | undefined;
  timeZone: string;
  /** Raw room names and what they mean, e.g. 7 → 607. */
  aliases: Readonly<Record<string, string>>;
  clock: () => Date;
  /** Who requested it, as recorded in the audit: a console account, or USER@HOST for the command line. */
  actor: string;
  /** The same for attempts at runs: `operator NAME` or `cli USER@HOST`. */
  by: string;
  /** Only where a person's CLIP_MODEL names the model that images should have vectors of: see `wantedModel`. */
  model?: ModelSettings | undefined;
}

/** The settings by which clip workers choose their model. */
interface ModelSettings {
  CLIP_MODEL?: string | undefined;
  MODEL_DIR: string;
  CLIP_DTYPE: 'fp32' | 'fp16' | 'q8';
}
