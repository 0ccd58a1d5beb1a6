import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './command.ts';
import { unpackDebianPackages } from './debian-packages.ts';
import { prepareHome, servicesFolder } from './home.ts';
import { findServiceUser } from './service-user.ts';

const DEBIAN_TOOLS = {
  packages: ['docker-compose', 'kustomize'],
  leaveOut: /^docker-cli$/,
  programs: ['usr/libexec/docker/cli-plugins/docker-compose', 'usr/bin/kustomize'],
};

/** What reads the files of deployment as those who deploy will: the machine's own, else unpacked below the home. */
export async function findDeployTools(home: string): Promise<{ dockerCompose: string; kustomize: string }> {
  const [dockerCompose, kustomize] = await Promise.all(['docker-compose', 'kustomize'].map(findProgram));
  if (dockerCompose && kustomize) return { dockerCompose, kustomize };
  const folder = join(await servicesFolder(await prepareHome(home, await findServiceUser())), 'deploy-tools');
  const unpacked = await access(folder).then(
    () => true,
    () => false,
  );
  if (!unpacked) await unpackDebianPackages({ ...DEBIAN_TOOLS, folder });
  return {
    dockerCompose: join(folder, 'usr/bin/docker-compose'),
    kustomize: join(folder, 'usr/bin/kustomize'),
  };
}
