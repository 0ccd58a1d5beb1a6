import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';

/** SHA-256 of a file's bytes, in hexadecimal. */
async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}

/** Hashing half a gigabyte takes a second, so the result is stored next to the weights. */
const noteFile = '.mycelium-hashes.json';
const noteSchema = z.record(
  z.string(),
  z.object({ size: z.number(), modifiedMs: z.number(), sha256: z.string() }),
);

/** A single SHA-256 for several files of a folder, computed over a line `sha256  name` per file. */
export async function hashFiles(dir: string, files: string[]): Promise<string> {
  const noted = await readNote(dir);
  const seen: z.infer<typeof noteSchema> = {};
  for (const file of files) {
    const { size, mtimeMs: modifiedMs } = await stat(join(dir, file));
    const old = noted[file];
    const unchanged = old?.size === size && old.modifiedMs === modifiedMs;
    seen[file] = unchanged ? old : { size, modifiedMs, sha256: await hashFile(join(dir, file)) };
  }
  const note = JSON.stringify({ ...noted, ...seen }, undefined, 1);
  if (note !== JSON.stringify(noted, undefined, 1)) await writeNote(dir, note);
  const lines = files.map((file) => `${seen[file]?.sha256}  ${file}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex');
}

/**
 * Files whose bytes differ from the stored hashes although size and time are unchanged: a broken disk or a failed copy.
 * Reads every file in full.
 */
export async function damagedFiles(dir: string): Promise<string[]> {
  const damaged: string[] = [];
  for (const [file, { size, modifiedMs, sha256 }] of Object.entries(await readNote(dir))) {
    const now = await stat(join(dir, file)).catch(() => undefined);
    const unchanged = now?.size === size && now.mtimeMs === modifiedMs;
    if (unchanged && (await hashFile(join(dir, file))) !== sha256) damaged.push(file);
  }
  return damaged;
}

async function readNote(dir: string): Promise<z.infer<typeof noteSchema>> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(join(dir, noteFile), 'utf8')));
  } catch {
    return {};
  }
}

/** In a read-only folder the weights are hashed again next time. */
async function writeNote(dir: string, note: string): Promise<void> {
  const temporary = join(dir, `${noteFile}.${process.pid}`);
  try {
    await writeFile(temporary, note);
    await rename(temporary, join(dir, noteFile));
  } catch {}
}
