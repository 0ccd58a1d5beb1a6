import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Tells processes started by hand where a running `npm start` has its servers: KEY=value lines in `$MYCELIUM_HOME/env`,
 * for the owner's eyes only, since the addresses hold passwords.
 */
export async function writeHomeEnv(home: string, values: Record<string, string>): Promise<void> {
  const lines = Object.entries(values).map(([key, value]) => {
    if (/[\r\n]/.test(value))
      throw new Error(`The value of ${key} has a line break, which ${home}/env cannot hold.`);
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
