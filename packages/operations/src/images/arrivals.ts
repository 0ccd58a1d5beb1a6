import { badKeyReason, type ImageRow, quarantine, recordListed } from '@mycelium/database';
import { isRoom, type KeyRules, PermanentError, readImageKey } from '@mycelium/farm';
import { imageJobs } from '@mycelium/queue';
import { type ObjectStore, type StoredObject, StoreError } from '@mycelium/storage';
import pLimit from 'p-limit';
import type { Operations } from '../operations.ts';

type ArrivalTools = Pick<Operations, 'pool' | 'queues' | 'timeZone' | 'aliases'> & {
  store: ObjectStore;
  /** Called when a batch cannot be queued; its images are queued later. */
  onTrouble: (error: unknown, images: number) => void;
  /** Milliseconds that the first image of a batch waits for others. */
  gatherMillis?: number | undefined;
};

/** The outcome of one delivery of keys. */
export interface Arrived {
  /** Images that are recorded, and embedded within seconds if they have no vector yet. */
  recorded: number;
  /** Keys without an object: it was deleted again, or never there. */
  gone: number;
  /** Keys that cannot be read. Where there is such an object, it is quarantined. */
  unreadable: { key: string; detail: string }[];
  /** Keys outside the folders of rooms, which no run reads. */
  ignored: number;
}

export interface Arrivals {
  /**
   * Records objects that were created or replaced in the store, and has them embedded. Repeating a key is harmless.
   * @throws StoreError or a database error, when nothing may have been recorded
   */
  add(keys: readonly string[], signal?: AbortSignal): Promise<Arrived>;
  /** Queues what has been gathered. */
  close(): Promise<void>;
}

const batchSize = 20;
const statsAtOnce = 16;
/** A queue that is away for longer leaves the rest to the nightly run. */
const mostWaiting = 100_000;

/** Gathers the images that arrive into batches, which take the way of those of the nightly run. */
export function createArrivals({ pool, queues, store, onTrouble, ...tools }: ArrivalTools): Arrivals {
  const { gatherMillis = 10_000, ...rules } = tools;
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let flushing = Promise.resolve();

  async function add(keys: readonly string[], signal?: AbortSignal): Promise<Arrived> {
    const unique = [...new Set(keys)];
    const ofRooms = unique.filter((key) => isRoom(key.split('/')[0] ?? '') && key.includes('/'));
    const limit = pLimit(statsAtOnce);
    const impossible: Arrived['unreadable'] = [];
    const stat = async (key: string) => {
      try {
        return await store.stat(key, signal);
      } catch (error) {
        if (!(error instanceof StoreError) || error.reason !== 'invalid_key') throw error;
        impossible.push({ key, detail: error.message });
        return undefined;
      }
    };
    const found = await Promise.all(ofRooms.map((key) => limit(() => stat(key))));
    const objects = found.filter((object) => object !== undefined);
    const { images, bad } = readObjects(objects, rules);
    await recordListed(pool, images);
    await quarantine(pool, bad);
    for (const { key } of images) if (waiting.size < mostWaiting) waiting.add(key);
    gather();
    return {
      recorded: images.length,
      gone: ofRooms.length - objects.length - impossible.length,
      unreadable: [...impossible, ...bad.map(({ key, detail }) => ({ key, detail }))],
      ignored: unique.length - ofRooms.length,
    };
  }

  /** Full batches are queued at once, the rest when it has waited long enough. */
  function gather(): void {
    if (waiting.size >= batchSize) void flush(batchSize);
    if (waiting.size > 0) timer ??= setTimeout(() => void flush(1), gatherMillis);
  }

  /** Queues the batches that have at least this many images. */
  function flush(least: number): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    flushing = flushing.then(async () => {
      while (waiting.size >= least) {
        const keys = [...waiting].slice(0, batchSize);
        for (const key of keys) waiting.delete(key);
        try {
          await queues.enqueue(imageJobs.batch, { keys, onlyPending: true }, { by: 'arrival' });
        } catch (error) {
          for (const key of keys) waiting.add(key);
          onTrouble(error, waiting.size);
          break;
        }
      }
      if (waiting.size > 0) timer ??= setTimeout(() => void flush(1), gatherMillis);
    });
    return flushing;
  }

  return {
    add,
    async close() {
      await flush(1);
      clearTimeout(timer);
    },
  };
}

function readObjects(objects: StoredObject[], rules: KeyRules) {
  const images: ImageRow[] = [];
  const bad: { key: string; etag: string; bytes: number; reason: string; detail: string }[] = [];
  for (const { key, etag, size: bytes, modifiedAt } of objects) {
    const image = readImageKey(key, rules, modifiedAt);
    if (image instanceof PermanentError)
      bad.push({ key, etag, bytes, reason: badKeyReason, detail: image.message });
    else images.push({ ...image, etag, bytes });
  }
  return { images, bad };
}
