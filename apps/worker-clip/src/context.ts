import type { Pool } from '@mycelium/database';
import type { Captioner, Encoder } from '@mycelium/encoder';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';

/** The dependencies of the image jobs. */
export interface ClipContext {
  pool: Pool;
  store: ObjectStore;
  encoder: Encoder;
  /** The encoder's model in the database. */
  model: { id: number; key: string };
  captioner: Captioner | undefined;
  queues: Queues;
  /** Rooms that go by another name on the cameras, such as 7 → 607. */
  aliases: Record<string, string>;
  /** How many days before its own the nightly run searches for late images. */
  lateDays: number;
  /** How long a new picture that cannot be decoded has to stay as it is before it counts as complete, milliseconds. */
  quietMillis: number;
  logger: Logger;
}
