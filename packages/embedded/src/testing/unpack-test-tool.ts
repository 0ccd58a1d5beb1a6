import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { type PackageFolder, unpackDebianPackages } from '../debian-packages.ts';
import { prepareHome, servicesFolder } from '../home.ts';
import { findServiceUser } from '../service-user.ts';

/**
 * Unpacks Debian packages into the home once and returns their folder. `marker` is a path in that folder that exists
 * only after unpacking has finished; by default it is the folder itself.
 */
export async function unpackTestTool(
  home: string,
  name: string,
  { marker = '', ...packages }: Omit<PackageFolder, 'folder'> & { marker?: string },
): Promise<string> {
  const folder = join(await servicesFolder(await prepareHome(home, await findServiceUser())), name);
  const unpacked = await access(join(folder, marker)).then(
    () => true,
    () => false,
  );
  if (!unpacked) await unpackDebianPackages({ ...packages, folder });
  return folder;
}
