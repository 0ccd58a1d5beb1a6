import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Writes the addresses of the servers of a running `npm start` to `$MYCELIUM_HOME/env` as KEY=value lines, for
 * processes started by hand. Only the owner can read the file, since the addresses contain passwords.
 */
export async function writeHomeEnv(home: string, values: Record<string, string>): Promise<void> {
  const lines = Object.entries(values).map(([key, value]) => {
    if (/[\r\n]/.test(value))
      throw new Error(`The value of ${key} contains a line break, which ${home}/env cannot hold. Remove it.`);
    return `${key}=${value}\n`;
  });
  const unfinished = join(home, `env.${process.pid}`);
  await rm(unfinished, { force: true });
  await writeFile(unfinished, lines.join(''), { mode: 0o600 });
  await rename(unfinished, join(home, 'env'));
}

export async function removeHomeEnv(home: string): Promise<void> {
  await rm(join(home, 'env'), { force: true });
}
