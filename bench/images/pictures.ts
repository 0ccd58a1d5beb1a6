import { link, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { photographAs } from '@mycelium/encoder/testing';
import { formatImageKey } from '@mycelium/farm';

/** Six different JPEGs like those from cameras. */
export async function makePictures(width: number, height: number): Promise<Buffer[]> {
  const pictures: Buffer[] = [];
  for (let seed = 1; seed <= 6; seed++) pictures.push(await photographAs('jpeg', width, height, seed));
  return pictures;
}

/** Writes `count` images of a day, YYYY-MM-DD, into a store's folder. Repeated pictures are links. */
export async function writeDay(
  folder: string,
  day: string,
  pictures: Buffer[],
  count: number,
): Promise<string[]> {
  const paths: string[] = [];
  for (let n = 0; n < count; n++) {
    const capturedAt = new Date(Date.parse(`${day}T00:00:00Z`) + n * 60_000);
    const key = formatImageKey(
      { room: String(607 + (n % 4)), capturedAt, batchInDate: day, camera: '1921681235' },
      { timeZone: 'UTC' },
    );
    const path = join(folder, key);
    await mkdir(dirname(path), { recursive: true });
    if (n < pictures.length) await writeFile(path, pictures[n] as Buffer);
    else await link(paths[n % pictures.length] as string, path);
    paths.push(path);
  }
  return paths;
}
