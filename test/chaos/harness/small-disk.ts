import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Testbed } from './scenario.ts';

const run = promisify(execFile);

/** The reason this machine cannot mount a small disk; undefined if it can. */
export async function whyNoSmallDisk(): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-disk-'));
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]);
    await run('umount', [folder]);
    return undefined;
  } catch (error) {
    return `this machine allows no mounts (${(error as Error).message.trim().split('\n').at(-1)})`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Mounts a disk of so many MiB on an empty folder, until the end of the scenario. */
export async function mountSmallDisk({ onEnd }: Pick<Testbed, 'onEnd'>, folder: string, mebibytes: number) {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=755`, 'tmpfs', folder]);
  onEnd(() => run('umount', ['--lazy', folder]).catch(() => {}));
  const filler = join(folder, 'filler');
  return {
    /** Leaves so many MiB free. */
    async fill(left: number) {
      const { stdout } = await run('df', ['--block-size=1K', '--output=avail', folder]);
      const free = Number(stdout.trim().split('\n').at(-1));
      await writeFile(filler, Buffer.alloc(Math.max(0, free - left * 1_024) * 1_024));
    },
    free: () => rm(filler, { force: true }),
  };
}
