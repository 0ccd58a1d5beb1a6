import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { setTimeout as sleep } from 'node:timers/promises';
import { PermanentError } from '@mycelium/farm';
import { guardedFetch } from '@mycelium/outgoing/fetch';

/** A file to download, with its size and a checksum to verify it. */
export interface RemoteFile {
  path: string;
  size: number;
  sha256?: string | undefined;
  /** git's SHA-1 of a file: over `blob {size}\0` and its bytes. */
  gitBlob?: string | undefined;
}

export interface Download {
  url: string;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
  pause?: (attempt: number, signal?: AbortSignal) => Promise<void>;
}

const attempts = 6;
const silenceMs = 60_000;

/**
 * Downloads a file to `path.part`, which survives interruptions: the next attempt requests only the rest. The file
 * is renamed to `path` once size and checksum are right.
 */
export async function downloadFile(file: RemoteFile, path: string, download: Download): Promise<void> {
  const { signal, pause = backOff } = download;
  const part = `${path}.part`;
  for (let attempt = 1; ; attempt++) {
    try {
      await loadRest(file, part, download);
      await verify(file, part, signal);
      return await rename(part, path);
    } catch (error) {
      signal?.throwIfAborted();
      if ('wrongBytes' in (error as Error)) await rm(part, { force: true });
      if (attempt === attempts || error instanceof PermanentError) {
        throw new Error(`${file.path} could not be downloaded: ${(error as Error).message}`, {
          cause: error,
        });
      }
      await pause(attempt, signal);
    }
  }
}

/** The partial file cannot be resumed: the next attempt starts from the beginning. */
const wrongBytes = (message: string) => Object.assign(new Error(message), { wrongBytes: true });

const backOff = (attempt: number, signal?: AbortSignal) =>
  sleep(Math.min(30_000, 1000 * 2 ** (attempt - 1)), undefined, { ...(signal && { signal }) }).then(() => {});

async function loadRest(
  file: RemoteFile,
  part: string,
  { url, signal, onProgress }: Download,
): Promise<void> {
  const have = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (have === file.size) return;
  if (have > file.size) throw wrongBytes(`downloaded ${have} bytes of ${file.size}`);

  // An open connection that sends nothing counts as interrupted.
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('the server stopped sending')), silenceMs);
  try {
    const response = await guardedFetch(url, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      signal: AbortSignal.any([silence.signal, ...(signal ? [signal] : [])]),
    });
    if (!response.ok || !response.body) {
      await response.body?.cancel();
      const final =
        response.status >= 400 && response.status < 500 && ![408, 416, 429].includes(response.status);
      if (response.status === 416) throw wrongBytes('the server refuses to continue the file');
      const message = `the server answers ${response.status}`;
      throw final ? new PermanentError('refused', message) : new Error(message);
    }
    // A server that ignores the range sends the file from its start.
    const resumed =
      response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${have}-`);
    let done = resumed ? have : 0;
    const counted = async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        timer.refresh();
        done += chunk.length;
        if (done > file.size) throw wrongBytes(`received more than ${file.size} bytes`);
        onProgress?.(done);
        yield chunk;
      }
    };
    await pipeline(
      Readable.fromWeb(response.body as ReadableStream),
      counted,
      createWriteStream(part, { flags: resumed ? 'a' : 'w' }),
    );
  } finally {
    clearTimeout(timer);
  }
}

async function verify(file: RemoteFile, part: string, signal?: AbortSignal): Promise<void> {
  const have = (await stat(part)).size;
  if (have < file.size) throw new Error(`the connection ended after ${have} of ${file.size} bytes`);
  if (!(await isSame(file, part, signal))) throw wrongBytes('its checksum is wrong');
}

/** Whether the file at `path` matches the hub's size and checksum. */
export async function isSame(file: RemoteFile, path: string, signal?: AbortSignal): Promise<boolean> {
  const { size, sha256, gitBlob } = file;
  if ((await stat(path).catch(() => undefined))?.size !== size) return false;
  const hash = createHash(sha256 ? 'sha256' : 'sha1');
  if (!sha256) hash.update(`blob ${size}\0`);
  await pipeline(createReadStream(path), hash, { signal });
  const expected = sha256 ?? gitBlob;
  return expected === undefined || hash.digest('hex') === expected;
}
