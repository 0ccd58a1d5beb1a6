import { type FSWatcher, watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { whyNotObjectKey } from '../object-key.ts';
import { isTempName } from './directory-list.ts';

interface WatchOptions {
  /** Whether to watch this folder of the second level, such as `612/20251224`. Asked again every hour. */
  isWanted: (folder: string) => boolean;
  /** A file in such a folder was created or changed, and then stayed the same for `settleMillis`. */
  onFile: (key: string) => void;
  /** Something could not be watched. */
  onTrouble: (error: unknown) => void;
  settleMillis?: number;
  signal: AbortSignal;
}

const every = 60 * 60_000;

/**
 * Watches the folders of the first two levels for files. One watch per folder, whatever the number of files. Network
 * file systems report only the changes of this machine.
 */
export function watchDirectory(root: string, options: WatchOptions): void {
  const { isWanted, onFile, onTrouble, settleMillis = 2_000, signal } = options;
  const watchers = new Map<string, FSWatcher>();
  const settling = new Map<string, NodeJS.Timeout>();
  const timer = setInterval(() => void watchFolder('', false), every);
  timer.unref();
  signal.addEventListener('abort', () => {
    clearInterval(timer);
    for (const watcher of watchers.values()) watcher.close();
    for (const waiting of settling.values()) clearTimeout(waiting);
  });
  void watchFolder('', false);

  /** @param isNew created while its parent was watched: its files may be older than the watch */
  async function watchFolder(folder: string, isNew: boolean): Promise<void> {
    try {
      await watchOne(folder, isNew);
    } catch (error) {
      forget(folder);
      // A folder may be gone again.
      if (folder === '' || (error as NodeJS.ErrnoException).code !== 'ENOENT') onTrouble(error);
    }
  }

  async function watchOne(folder: string, isNew: boolean): Promise<void> {
    if (signal.aborted) return;
    const depth = folder === '' ? 0 : folder.split('/').length;
    if (!watchers.has(folder)) {
      const watcher = watch(join(root, folder), (_, name) => {
        if (!name) return;
        const path = folder === '' ? name : `${folder}/${name}`;
        if (depth < 2) void watchFolder(folder, true);
        else settle(path);
      });
      watcher.on('error', () => forget(folder));
      watchers.set(folder, watcher);
    }
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      if (isTempName(entry.name) || whyNotObjectKey(entry.name)) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (depth === 2) {
        if (isNew && entry.isFile()) settle(path);
      } else if (entry.isDirectory()) {
        if (depth === 1 && !isWanted(path)) forget(path);
        else if (depth === 0 || !watchers.has(path)) await watchFolder(path, isNew && !watchers.has(path));
      }
    }
  }

  function forget(folder: string): void {
    watchers.get(folder)?.close();
    watchers.delete(folder);
  }

  function settle(key: string): void {
    if (signal.aborted || isTempName(key.slice(key.lastIndexOf('/') + 1))) return;
    clearTimeout(settling.get(key));
    const done = () => {
      settling.delete(key);
      onFile(key);
    };
    settling.set(key, setTimeout(done, settleMillis));
  }
}
