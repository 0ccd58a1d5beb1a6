import type { Pool } from '@mycelium/database';
import type { Captioner, Encoder } from '@mycelium/encoder';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';

/** What the image jobs work with. */
export interface ClipContext {
  pool: Pool;
  store: ObjectStore;
  encoder: Encoder;
  /** The row of the encoder's model. */
  model: { id: number; key: string };
  captioner: Captioner | undefined;
  queues: Queues;
  /** Raw rooms and what they mean, e.g. 7 → 607. */
  aliases: Record<string, string>;
  logger: Logger;
}
