import { closeSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

const ROTATE_AT = 5 * 1024 * 1024;
const TAIL = 16 * 1024;

/** Opens a log for appending, as a file descriptor. A log that has grown large is first renamed to FILE.1. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > ROTATE_AT) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o640);
}

export const closeLog = closeSync;

/** The last lines of a log after a given offset; empty if there are none. */
export async function lastLines(file: string, { from = 0, lines = 15 } = {}): Promise<string> {
  const handle = await open(file).catch(() => undefined);
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - TAIL, 0);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(size - start, 0)), {
      position: start,
    });
    return buffer.toString('utf8', 0, bytesRead).trimEnd().split('\n').slice(-lines).join('\n');
  } finally {
    await handle.close();
  }
}
