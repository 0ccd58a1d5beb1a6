import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import { type Day, dayBounds, dayOf, formatImageKey } from '@mycelium/farm';
import { type ObjectStore, StoreError } from '@mycelium/storage';
import { captureTime, type TimeSource, timeSources } from './capture-time.ts';
import { type Photo, readPhoto, storedIdentity } from './photo.ts';

export interface ImportImages {
  directory: string;
  store: ObjectStore;
  room: string;
  /** The day the batch was brought in. Default: the day each picture was taken. */
  inDate?: Day | undefined;
  timeZone: string;
  /** Number of the camera in the keys. */
  camera?: string | undefined;
  /** Refuse pictures that have only the time of their file. */
  requireCameraTime?: boolean | undefined;
  /** Milliseconds to add to the times that the camera's clock wrote. */
  clockOffset?: number | undefined;
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ImportImagesReport {
  /** Pictures that were not in the store before. */
  imported: number;
  /** Pictures that were already in the store. */
  skipped: number;
  /** Imported pictures that were converted from PNG or WebP to JPEG. */
  converted: number;
  /** Imported pictures stored some seconds off, because another picture had their second. */
  moved: number;
  failed: { file: string; reason: string }[];
  /** Where the times of the pictures came from: how many from each source. */
  times: Record<TimeSource, number>;
  /** Files that are not JPEG, PNG or WebP, by kind: `HEIC`, `video`, `.txt`. */
  passedOver: Record<string, number>;
  /** Local days of the pictures, sorted. */
  days: Day[];
  seconds: number;
}

/**
 * Copies a folder's JPEG, PNG and WebP files, at any depth, into the store as pictures of a room. The time is the
 * camera's, or else the one in the file's name, or else the file's. Importing a folder again changes nothing; bad files are reported and left out.
 * @throws StoreError when the store is down; what was imported before stays
 * @throws PermanentError when this room, camera or in-date cannot be part of a key
 */
export async function importImages(options: ImportImages): Promise<ImportImagesReport> {
  const { directory, store, room, inDate, timeZone, camera = '0', signal } = options;
  checkNames({ room, camera, batchInDate: inDate ?? '2025-01-01' }, timeZone);
  const started = performance.now();
  const allocator = createKeyAllocator(store, signal);
  const report = {
    imported: 0,
    skipped: 0,
    converted: 0,
    moved: 0,
    failed: [] as ImportImagesReport['failed'],
    times: Object.fromEntries(timeSources.map((source) => [source, 0])) as Record<TimeSource, number>,
  };
  const days = new Set<Day>();

  const { files, passedOver } = await findPictures(directory);
  for (const [done, file] of files.entries()) {
    signal?.throwIfAborted();
    options.onProgress?.({ done, total: files.length });
    try {
      const path = join(directory, file);
      const { size, mtime } = await stat(path);
      if (size > largest) throw new Error(`the file is larger than ${largest / 2 ** 20} MiB`);
      const photo = await readPhoto(await readFile(path), signal);
      const name = basename(file);
      const time = captureTime({
        exif: photo.times,
        name,
        mtime,
        timeZone,
        clockOffset: options.clockOffset,
      });
      if (time.source === 'file' && options.requireCameraTime)
        throw new Error('neither the picture nor its name has a time');
      const capturedAt = wholeSecond(time.capturedAt);
      const day = dayOf(capturedAt, timeZone);
      const image = { room, camera, batchInDate: inDate ?? day };
      const put = await allocator.put(photo, keysAround(image, capturedAt, timeZone));
      report[put.isNew ? 'imported' : 'skipped']++;
      report.times[time.source]++;
      if (put.isNew && photo.converted) report.converted++;
      if (put.isNew && put.moved) report.moved++;
      days.add(day);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StoreError) throw error;
      report.failed.push({ file, reason: (error as Error).message });
    }
  }
  options.onProgress?.({ done: files.length, total: files.length });
  return { ...report, passedOver, days: [...days].sort(), seconds: (performance.now() - started) / 1_000 };
}

/** Checks the names once, before the first picture, so that a wrong name is one error instead of one per picture. */
function checkNames(image: Image, timeZone: string): void {
  formatImageKey({ ...image, capturedAt: new Date('2025-01-01T12:00:00Z') }, { timeZone });
}

/** The largest object that the store reads. */
const largest = 64 * 2 ** 20;

const pictures = /\.(jpe?g|jpe|jfif|png|webp)$/i;

/** What cameras and phones write beside pictures that can be read. */
const kinds: [kind: string, names: RegExp][] = [
  ['HEIC', /\.(heic|heif|hif)$/i],
  ['TIFF', /\.tiff?$/i],
  ['AVIF', /\.avif$/i],
  ['GIF', /\.gif$/i],
  ['MPO', /\.mpo$/i],
  ['raw', /\.(dng|cr2|cr3|nef|arw|raf|orf|rw2)$/i],
  ['video', /\.(mp4|mov|avi|mkv|m4v|3gp|webm|mts)$/i],
];

/** Sorted paths, so that pictures of the same second always come in the same order; other files are counted. */
async function findPictures(directory: string) {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: string[] = [];
  const passedOver: Record<string, number> = {};
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith('.')) continue;
    if (pictures.test(entry.name)) files.push(relative(directory, join(entry.parentPath, entry.name)));
    else {
      const [kind = extname(entry.name).toLowerCase() || 'without an ending'] =
        kinds.find(([, names]) => names.test(entry.name)) ?? [];
      passedOver[kind] = (passedOver[kind] ?? 0) + 1;
    }
  }
  return { files: files.sort(), passedOver };
}

function wholeSecond(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 1_000) * 1_000);
}

type Image = Omit<Parameters<typeof formatImageKey>[0], 'capturedAt' | 'day'>;

/** The key of this second, then of the later seconds of the day, then of the earlier ones. */
function* keysAround(image: Image, capturedAt: Date, timeZone: string): Generator<string> {
  const { start, end } = dayBounds(dayOf(capturedAt, timeZone), timeZone);
  const keyAt = (time: number) => formatImageKey({ ...image, capturedAt: new Date(time) }, { timeZone });
  for (let time = capturedAt.getTime(); time < end.getTime(); time += 1_000) yield keyAt(time);
  for (let time = capturedAt.getTime() - 1_000; time >= start.getTime(); time -= 1_000) yield keyAt(time);
}

/**
 * A key holds one picture per camera and second, but a burst has several in a second, and so has a folder whose files
 * were unpacked at once. Each picture takes the first key that is free or already holds it, so the same pictures get
 * the same keys on every import.
 */
function createKeyAllocator(store: ObjectStore, signal: AbortSignal | undefined) {
  const sizes = new Map<string, Map<string, number>>();
  const identities = new Map<string, string>();

  return { put };

  async function put(photo: Photo, keys: Iterable<string>): Promise<{ isNew: boolean; moved: boolean }> {
    let moved = false;
    for (const key of keys) {
      const taken = await sizesBeside(key);
      const size = taken.get(key);
      if (size === undefined) {
        await store.write(key, photo.bytes, { contentType: 'image/jpeg', signal });
        taken.set(key, photo.bytes.length);
        identities.set(key, photo.identity);
        return { isNew: true, moved };
      }
      const mayBeSame = photo.converted || size === photo.bytes.length;
      if (mayBeSame && (await identityAt(key)) === photo.identity) return { isNew: false, moved };
      moved = true;
    }
    throw new Error('every second of this day already has a picture of this camera');
  }

  /** The sizes of the objects in the key's folder, listed once. */
  async function sizesBeside(key: string): Promise<Map<string, number>> {
    const folder = key.slice(0, key.lastIndexOf('/') + 1);
    let found = sizes.get(folder);
    if (!found) {
      found = new Map();
      for await (const object of store.list(folder, { signal })) found.set(object.key, object.size);
      sizes.set(folder, found);
    }
    return found;
  }

  async function identityAt(key: string): Promise<string> {
    const cached = identities.get(key);
    if (cached) return cached;
    const identity = await storedIdentity((await store.read(key, signal)).bytes);
    identities.set(key, identity);
    return identity;
  }
}
