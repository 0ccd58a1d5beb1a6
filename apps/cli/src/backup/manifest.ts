import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { PoolClient } from '@mycelium/database';
import { z } from 'zod';
import { CommandFailed } from '../command-errors.ts';

const manifest = z.object({
  format: z.literal(1),
  /** Version of the program that made the backup. */
  mycelium: z.string(),
  madeAt: z.iso.datetime(),
  postgres: z.string(),
  pgvector: z.string(),
  migrations: z.array(z.string()),
  dump: z.object({ bytes: z.number(), sha256: z.string() }),
  /** Rows of each table at the moment of the backup. */
  tables: z.record(z.string(), z.number()),
  /** Where the images were. They are not in the backup. */
  images: z.string(),
});
export type Manifest = z.output<typeof manifest>;

/** Beside the dump, so that the dump stays a file that pg_restore reads by itself. */
const fileOf = (dump: string) => `${dump}.json`;

export async function writeManifest(dump: string, content: Manifest): Promise<void> {
  await writeFile(fileOf(dump), `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

/** @throws CommandFailed if the dump is not the one that the manifest describes */
export async function readChecked(dump: string): Promise<Manifest> {
  const text = await readFile(fileOf(dump), 'utf8').catch((cause) => {
    throw new CommandFailed(
      `${fileOf(dump)} cannot be read: copy it too, since it says whether the backup is complete. (Without it, pg_restore can still read ${dump}.)`,
      { cause },
    );
  });
  const read = manifest.safeParse(parsed(text));
  if (!read.success) throw new CommandFailed(`${fileOf(dump)} is not a manifest of this program.`);
  const found = await digest(dump);
  const { bytes, sha256 } = read.data.dump;
  if (found.bytes !== bytes)
    throw new CommandFailed(
      `${dump} has ${found.bytes} bytes instead of ${bytes}: the copy is incomplete. Copy it again.`,
    );
  if (found.sha256 !== sha256)
    throw new CommandFailed(`${dump} has changed since it was made: its checksum differs. Use another copy.`);
  return read.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export async function digest(file: string): Promise<Manifest['dump']> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash).catch((cause: Error) => {
    throw new CommandFailed(`${file} cannot be read: ${cause.message}`, { cause });
  });
  return { bytes: (await stat(file)).size, sha256: hash.digest('hex') };
}

/** Rows of every table, as one transaction sees them. */
export async function countRows(tx: Pick<PoolClient, 'query'>): Promise<Record<string, number>> {
  const { rows: tables } = await tx.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' order by 1`,
  );
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    const { rows } = await tx.query<{ n: number }>(`select count(*)::float8 as n from "${name}"`);
    counts[name] = rows[0]?.n ?? 0;
  }
  return counts;
}
