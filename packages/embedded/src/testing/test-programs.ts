import { join } from 'node:path';
import { servicesFolder } from '../home.ts';
import { findServerPrograms } from '../server-programs.ts';

/** The programs that `startServices` runs on a home, for tests that configure servers differently. */
export async function testPrograms(home: string): Promise<{ redis: string; postgresBin: string }> {
  const folder = join(await servicesFolder(home), 'servers');
  const { redis, postgres } = await findServerPrograms({
    redis: true,
    postgres: true,
    postgresMajor: undefined,
    folder,
  });
  return { redis: redis as string, postgresBin: postgres?.bin as string };
}
