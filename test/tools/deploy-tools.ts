import { join } from 'node:path';
import { findProgram, unpackTestTool } from '@mycelium/embedded/testing';

const debianTools = {
  packages: ['docker-compose', 'kustomize'],
  leaveOut: /^docker-cli$/,
  programs: ['usr/libexec/docker/cli-plugins/docker-compose', 'usr/bin/kustomize'],
};

/** Finds the programs that read the deployment files: the installed ones, or else ones unpacked into `home`. */
export async function findDeployTools(home: string): Promise<{ dockerCompose: string; kustomize: string }> {
  const [dockerCompose, kustomize] = await Promise.all(['docker-compose', 'kustomize'].map(findProgram));
  if (dockerCompose && kustomize) return { dockerCompose, kustomize };
  const folder = await unpackTestTool(home, 'deploy-tools', debianTools);
  return {
    dockerCompose: join(folder, 'usr/bin/docker-compose'),
    kustomize: join(folder, 'usr/bin/kustomize'),
  };
}
