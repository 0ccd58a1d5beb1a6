import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';

/** What every operation works with, and who asks for it. */
export interface Operations {
  pool: Pool;
  queues: Queues;
  /** Where the images are; without one, only the images the database knows are considered. */
  store?: ObjectStore | undefined;
  timeZone: string;
  /** Raw room names and what they mean, e.g. 7 → 607. */
  aliases: Readonly<Record<string, string>>;
  clock: () => Date;
  /** Who asks, as the audit names them: an account of the console, or USER@HOST on the command line. */
  actor: string;
  /** The same for attempts at runs: `operator NAME` or `cli USER@HOST`. */
  by: string;
  /** The key of the model that vectors should be of; the active model if undefined. */
  modelKey?: (() => Promise<string | undefined>) | undefined;
}
