import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '@mycelium/config';
import { CommandFailed } from '../command-errors.ts';

type Given = Pick<Config, 'S3_ENDPOINT' | 'IMAGE_DIR' | 'MYCELIUM_HOME'>;

/**
 * Checks that `--s3` chooses the place where the farm of this home already keeps its images. A farm stays with one
 * place, since everything in the database names images in it.
 * @throws CommandFailed when the images are elsewhere
 */
export async function checkImagePlace({ S3_ENDPOINT, IMAGE_DIR, MYCELIUM_HOME: home }: Given, s3: boolean) {
  const given = Object.entries({ S3_ENDPOINT, IMAGE_DIR }).find(([, value]) => value)?.[0];
  if (given) {
    if (!s3) return;
    throw new CommandFailed(
      `${given} is set, so images are stored there. Leave out --s3, or unset ${given}.`,
    );
  }
  const elsewhere = 'or set MYCELIUM_HOME to another folder.';
  if (s3 && (await hasFiles(join(home, 'images')))) {
    throw new CommandFailed(
      `The images of this farm are in ${join(home, 'images')}. Leave out --s3, ${elsewhere}`,
    );
  }
  if (!s3 && (await exists(join(home, 's3')))) {
    throw new CommandFailed(`The images of this farm are in its S3 server. Add --s3, ${elsewhere}`);
  }
}

const hasFiles = (folder: string) =>
  readdir(folder).then(
    (names) => names.length > 0,
    () => false,
  );

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
