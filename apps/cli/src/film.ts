import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rename, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { withImage } from '@mycelium/encoder';
import { type ObjectStore, StoreError } from '@mycelium/storage';
import pLimit from 'p-limit';
import sharp from 'sharp';
import { CommandFailed } from './command-errors.ts';

/** An animated WebP is put together in memory, 640 × 480 × 3 bytes an image. */
export const mostFrames = 2_000;

interface Film {
  store: ObjectStore;
  /** Ends in `.webp` or `.mp4`. */
  out: string;
  /** Images per second. */
  speed: number;
  /** Pixels. The height is that of the first image at this width; other images are fitted into it. */
  width: number;
  /** The program that writes MP4. */
  ffmpeg?: string;
  onProgress: (done: number) => void;
  signal: AbortSignal;
}

interface Rendered {
  frames: number;
  unreadable: { key: string; reason: string }[];
}

/**
 * Writes images as a film. Images that cannot be read are left out and named.
 * @throws CommandFailed when none can be read, or ffmpeg is missing or fails
 */
export async function renderFilm(images: { key: string }[], film: Film): Promise<Rendered> {
  const { store, out, width, onProgress, signal } = film;
  const unreadable: Rendered['unreadable'] = [];
  let size: { width: number; height: number } | undefined;
  const frameOf = async (key: string) => {
    try {
      const { bytes } = await store.read(key, signal);
      return await withImage(bytes, signal, (image, upright) => {
        // Video codecs need even sizes.
        const even = (length: number) => 2 * Math.round(length / 2);
        size ??= { width: even(width), height: even((width * upright.height) / upright.width) };
        return image
          .flatten({ background: 'white' })
          .toColourspace('srgb')
          .resize({ ...size, fit: 'contain', background: 'black' })
          .jpeg({ quality: 90 })
          .toBuffer();
      });
    } catch (error) {
      if (signal.aborted || (error instanceof StoreError && error.reason === 'unavailable')) throw error;
      unreadable.push({ key, reason: (error as Error).message });
      return undefined;
    } finally {
      onProgress(++done);
    }
  };
  let done = 0;
  const limit = pLimit(availableParallelism());
  // The first one decides the size.
  const first = images[0] && (await frameOf(images[0].key));
  const others = await Promise.all(images.slice(1).map(({ key }) => limit(() => frameOf(key))));
  const frames = [first, ...others].filter((frame) => frame !== undefined);
  if (frames.length === 0)
    throw new CommandFailed(`None of ${images.length} images can be read: ${unreadable[0]?.reason}`);

  const part = `${out}.part`;
  try {
    if (/\.mp4$/i.test(out)) await writeMp4(frames, part, film);
    else await writeFile(part, await animatedWebp(frames, film));
    await rename(part, out);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  return { frames: frames.length, unreadable };
}

function animatedWebp(frames: Buffer[], { speed }: Film): Promise<Buffer> {
  const delay = frames.map(() => Math.round(1_000 / speed));
  // One picture alone is not an animation.
  const film = frames.length === 1 ? sharp(frames[0]) : sharp(frames, { join: { animated: true } });
  return film.webp({ quality: 80, effort: 3, ...(frames.length > 1 && { delay, loop: 0 }) }).toBuffer();
}

async function writeMp4(
  frames: Buffer[],
  file: string,
  { speed, signal, ffmpeg: program = 'ffmpeg' }: Film,
): Promise<void> {
  const read = ['-f', 'image2pipe', '-c:v', 'mjpeg', '-framerate', String(speed), '-i', '-'];
  const write = ['-c:v', 'libx264', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', '-f', 'mp4', file];
  const ffmpeg = spawn(program, ['-v', 'error', '-y', ...read, ...write], {
    stdio: ['pipe', 'ignore', 'pipe'],
    signal,
  });
  let complaint = '';
  ffmpeg.stderr.on('data', (text) => {
    complaint = (complaint + text).slice(-500);
  });
  ffmpeg.stdin.on('error', () => {}); // it ended early, which its exit code says
  const ended = once(ffmpeg, 'close').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new CommandFailed(
        'An MP4 needs ffmpeg, which is not installed. Install it, or write a .webp file.',
      );
    throw error;
  });
  for (const frame of frames) ffmpeg.stdin.write(frame);
  ffmpeg.stdin.end();
  const [code] = await ended;
  if (code !== 0) throw new CommandFailed(`ffmpeg ended with ${code}: ${complaint.trim()}`);
}
