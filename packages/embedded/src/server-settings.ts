import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface ServerSettings {
  password: string;
  /** The port of the last start, so that addresses stay the same if possible. */
  port?: number;
}

export interface RememberedSettings {
  redis: ServerSettings;
  postgres: ServerSettings;
  s3: ServerSettings;
}

/** The passwords and ports of a home's servers. Passwords are generated once and kept. */
export async function readServerSettings(home: string): Promise<RememberedSettings> {
  const text = await readFile(join(home, 'servers.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const known: Partial<RememberedSettings> = text === undefined ? {} : JSON.parse(text);
  const settings = { redis: newSettings(), postgres: newSettings(), s3: newSettings(), ...known };
  await writeServerSettings(home, settings);
  return settings;
}

export async function writeServerSettings(home: string, settings: RememberedSettings): Promise<void> {
  const unfinished = join(home, `servers.json.${process.pid}`);
  await writeFile(unfinished, `${JSON.stringify(settings)}\n`, { mode: 0o600 });
  await rename(unfinished, join(home, 'servers.json'));
}

function newSettings(): ServerSettings {
  return { password: randomBytes(24).toString('base64url') };
}
