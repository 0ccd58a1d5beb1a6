import { access, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createPool, verifySchema } from '@mycelium/database';
import { findPostgresClients } from '@mycelium/embedded';
import { openStore } from '@mycelium/storage';
import cli from '../../package.json' with { type: 'json' };
import { CommandFailed } from '../command-errors.ts';
import type { Output } from '../output.ts';
import { runClient } from './client-program.ts';
import { countRows, digest, type Manifest, writeManifest } from './manifest.ts';
import type { RunningConfig } from './servers.ts';

/**
 * Writes the database as it is at one moment, while everything keeps running.
 * @param file the dump; its manifest is FILE.json. Neither may exist
 */
export async function backUp(
  file: string,
  config: RunningConfig,
  output: Output,
  signal: AbortSignal,
): Promise<Manifest> {
  for (const taken of [file, `${file}.json`]) {
    const exists = await access(taken).then(
      () => true,
      () => false,
    );
    if (exists) throw new CommandFailed(`${taken} exists already. Name another file, or remove it.`);
  }
  const { DATABASE_URL, MYCELIUM_HOME: home } = config;
  const pool = createPool(DATABASE_URL, { name: 'mycelium backup', max: 2 });
  const unfinished = `${file}.part`;
  try {
    const { postgres, pgvector } = await verifySchema(pool);
    const bin = await findPostgresClients({
      ...{ home, major: Number.parseInt(postgres, 10), signal },
      onProgress: (message) => output.line(`  ${message}`),
    });
    const client = await pool.connect();
    try {
      // The dump and the counts are of one snapshot, so a restore can be compared with them.
      await client.query('begin isolation level repeatable read read only');
      const { rows } = await client.query<{ snapshot: string; at: Date }>(
        'select pg_export_snapshot() as snapshot, now() as at',
      );
      const { snapshot, at } = rows[0] as { snapshot: string; at: Date };
      const { rows: applied } = await client.query<{ name: string }>('select name from migration order by 1');
      // It holds password hashes and secrets of second factors; pg_dump keeps the mode.
      await writeFile(unfinished, '', { mode: 0o600 });
      const bar = output.bar('tables');
      let written = 0;
      const dumping = runClient(
        join(bin, 'pg_dump'),
        ['--format=custom', '--verbose', `--snapshot=${snapshot}`, `--file=${unfinished}`],
        DATABASE_URL,
        {
          signal,
          onLine: (line) => {
            const table = /dumping contents of table "public\.(.+)"/.exec(line)?.[1];
            if (table) bar.update(written++, Object.keys(tables).length || written, table);
          },
        },
      );
      let tables: Manifest['tables'] = {};
      const counting = countRows(client).then((counts) => {
        tables = counts;
      });
      await Promise.all([dumping, counting]);
      bar.update(written, written);
      bar.end('done');
      await client.query('commit');
      const content: Manifest = {
        ...{ format: 1, mycelium: cli.version, madeAt: at.toISOString(), postgres, pgvector },
        migrations: applied.map(({ name }) => name),
        dump: await digest(unfinished),
        tables,
        images: openStore(withImages(config)).describe(),
      };
      await writeManifest(file, content);
      await rename(unfinished, file);
      return content;
    } finally {
      client.release(true);
    }
  } finally {
    await rm(unfinished, { force: true });
    await pool.end();
  }
}

/** Without a setting, `npm start` keeps the images in its home. */
const withImages = (config: RunningConfig): RunningConfig =>
  config.S3_ENDPOINT || config.IMAGE_DIR
    ? config
    : { ...config, IMAGE_DIR: join(config.MYCELIUM_HOME, 'images') };
