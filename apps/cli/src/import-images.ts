import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join, relative } from 'node:path';
import type { Day } from '@mycelium/farm';
import {
  checkPictureNames,
  createPictureStore,
  largestPicture,
  listedSizes,
  type PictureRules,
  type TimeSource,
  timeSources,
} from '@mycelium/operations/pictures';
import { type ObjectStore, StoreError } from '@mycelium/storage';

export interface ImportImages extends PictureRules {
  directory: string;
  store: ObjectStore;
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ImportImagesReport {
  /** Pictures that were not in the store before. */
  imported: number;
  /** Pictures that were already in the store. */
  skipped: number;
  /** Imported pictures that were converted to JPEG. */
  converted: number;
  /** Imported pictures stored some seconds off, because another picture had their second. */
  moved: number;
  failed: { file: string; reason: string }[];
  /** Where the times of the pictures came from: how many from each source. */
  times: Record<TimeSource, number>;
  /** Files that are not JPEG, PNG, WebP or HEIC, by kind: `TIFF`, `video`, `.txt`. */
  passedOver: Record<string, number>;
  /** Local days of the pictures, sorted. */
  days: Day[];
  seconds: number;
}

/**
 * Copies a folder's JPEG, PNG, WebP and HEIC files, at any depth, into the store as pictures of a room. The time is the
 * camera's, or else the one in the file's name, or else the file's. Importing a folder again changes nothing; bad files are reported and left out.
 * @throws StoreError when the store is down; what was imported before stays
 * @throws PermanentError when this room, camera or in-date cannot be part of a key
 */
export async function importImages(options: ImportImages): Promise<ImportImagesReport> {
  const { directory, store, signal } = options;
  checkPictureNames(options);
  const started = performance.now();
  const pictures = createPictureStore(store, listedSizes(store, signal), signal);
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
      if (size > largestPicture) throw new Error(`the file is larger than ${largestPicture / 2 ** 20} MiB`);
      const picture = { bytes: await readFile(path), name: basename(file), fileTime: mtime };
      const put = await pictures.put(picture, options);
      report[put.isNew ? 'imported' : 'skipped']++;
      report.times[put.timeFrom]++;
      if (put.isNew && put.converted) report.converted++;
      if (put.isNew && put.moved) report.moved++;
      days.add(put.day);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof StoreError) throw error;
      report.failed.push({ file, reason: (error as Error).message });
    }
  }
  options.onProgress?.({ done: files.length, total: files.length });
  return { ...report, passedOver, days: [...days].sort(), seconds: (performance.now() - started) / 1_000 };
}

const pictureNames = /\.(jpe?g|jpe|jfif|png|webp|heic|heif|hif)$/i;

/** What cameras and phones write beside pictures that can be read. */
const kinds: [kind: string, names: RegExp][] = [
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
    if (pictureNames.test(entry.name)) files.push(relative(directory, join(entry.parentPath, entry.name)));
    else {
      const [kind = extname(entry.name).toLowerCase() || 'without an ending'] =
        kinds.find(([, names]) => names.test(entry.name)) ?? [];
      passedOver[kind] = (passedOver[kind] ?? 0) + 1;
    }
  }
  return { files: files.sort(), passedOver };
}
