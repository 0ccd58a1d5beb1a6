import { servicesFolder } from '../home.ts';
import { findServerPrograms } from '../server-programs.ts';

/** The programs that `startServices` runs on a home, for tests that configure servers differently. */
export async function testPrograms(home: string): Promise<{ redis: string; postgresBin: string }> {
  const { redis, postgres } = await findServerPrograms({
    redis: true,
    postgres: true,
    s3: false,
    postgresMajor: undefined,
    services: await servicesFolder(home),
  });
  return { redis: redis as string, postgresBin: postgres?.bin as string };
}
