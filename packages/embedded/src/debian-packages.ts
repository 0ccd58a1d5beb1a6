import { existsSync, globSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { output } from './command.ts';
import { makeFolder } from './folder.ts';
import { isRunning } from './process-identity.ts';

/** Debian 13, the first release with pgvector. The tools of an older Debian can unpack its packages too. */
const RELEASE = 'trixie';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface PackageFolder {
  /** The packages to unpack; apt finds their dependencies. */
  packages: string[];
  /** Dependencies to leave out, since the programs do not link against them. */
  leaveOut: RegExp;
  /** Programs to run later, as glob patterns in the folder. */
  programs: string[];
  /** Libraries that look for others in folders of their own, as glob patterns. */
  libraries?: string[];
  folder: string;
  onProgress?: ((message: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Unpacks Debian packages with all their dependencies, including the C library, into a folder. Nothing is installed and
 * no root is needed. The packages come from the machine's own Debian mirror and are verified by apt. The folder appears
 * only when it is complete, so a crash leaves nothing half done.
 */
export async function unpackDebianPackages(packages: PackageFolder): Promise<void> {
  const { folder, signal } = packages;
  await makeFolder(dirname(folder), 0o755);
  await removeAbandoned(folder);
  if (await isUnpackedByOthers(folder, signal)) return;
  const work = `${folder}.unpacking-${process.pid}`;
  const root = join(work, 'root');
  try {
    await mkdir(work);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return unpackDebianPackages(packages); // this process began it a moment ago
  }
  try {
    const archives = await download(packages, join(work, 'apt'));
    await makeFolder(root, 0o755);
    for (const archive of archives) await output('dpkg-deb', ['-x', archive, root], { signal });
    for (const ballast of ['doc', 'man', 'info', 'locale', 'lintian']) {
      await rm(join(root, 'usr/share', ballast), { recursive: true, force: true });
    }
    await useUnpackedLibraries(packages, root);
    await rename(root, folder).catch((error) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
      // Another process was faster, and its folder is the same.
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Waits while the same folder is being unpacked elsewhere. @returns whether it exists then */
async function isUnpackedByOthers(folder: string, signal: AbortSignal | undefined): Promise<boolean> {
  const unpacking = async () =>
    (await readdir(dirname(folder))).some((name) => name.startsWith(`${basename(folder)}.unpacking-`));
  if (!(await unpacking())) return false;
  while (await unpacking()) {
    await sleep(500, undefined, { signal });
    await removeAbandoned(folder);
  }
  return existsSync(folder);
}

/** Removes folders that killed processes left half unpacked next to this one. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder))) {
    const pid = name.startsWith(`${basename(folder)}.unpacking-`) && Number(name.split('-').at(-1));
    if (pid && !isRunning(pid)) await rm(join(dirname(folder), name), { recursive: true, force: true });
  }
}

async function download(
  { packages, leaveOut, onProgress, signal }: PackageFolder,
  dir: string,
): Promise<string[]> {
  const archives = join(dir, 'archives');
  for (const part of ['lists/partial', 'cache/archives/partial', 'archives']) {
    await mkdir(join(dir, part), { recursive: true });
  }
  const source = `deb [signed-by=${KEYRING}] ${await mirrorOfThisMachine()} ${RELEASE} main\n`;
  await writeFile(join(dir, 'sources.list'), source);
  await writeFile(join(dir, 'status'), ''); // nothing counts as installed, so apt downloads the C library too
  const settings = [
    `Dir::Etc::sourcelist=${dir}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${dir}/lists`,
    `Dir::State::status=${dir}/status`,
    `Dir::Cache=${dir}/cache`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=root', // apt would switch to a user who cannot write here
  ];
  const apt = (...args: string[]) =>
    output('apt-get', ['-qq', ...settings.flatMap((setting) => ['-o', setting]), ...args], {
      cwd: archives,
      signal,
    });

  onProgress?.('Reading the package list of the Debian mirror');
  await apt('update');
  const plan = await apt('--simulate', '--no-install-recommends', 'install', ...packages, 'patchelf');
  const needed = [...plan.matchAll(/^Inst (\S+) /gm)].map(([, name]) => name ?? '');
  const chosen = needed.filter((name) => !leaveOut.test(name));
  onProgress?.(`Downloading ${chosen.length} Debian packages`);
  await apt('download', ...chosen);
  onProgress?.('unpacking');
  return (await readdir(archives))
    .filter((name) => name.endsWith('.deb'))
    .map((name) => join(archives, name));
}

/** `apt-get indextargets` would be simpler, but prints nothing on a machine that never ran `apt-get update`. */
async function mirrorOfThisMachine(): Promise<string> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const codename = /^VERSION_CODENAME="?([\w-]+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || !codename) throw new Error('this machine does not run Debian');
  const uris = await output('apt-get', ['update', '--print-uris']);
  const mirror = new RegExp(`^'(\\S+)/dists/${codename}/InRelease'`, 'm').exec(uris)?.[1];
  if (!mirror) throw new Error("this machine's apt sources do not name a Debian mirror");
  return mirror;
}

/**
 * Makes the programs use the unpacked loader and libraries instead of the machine's, which may be older. The path to
 * the loader is absolute, so the folder cannot be moved afterwards. `--force-rpath` applies the path to the libraries'
 * own dependencies too.
 */
async function useUnpackedLibraries(
  { programs, libraries: more = [], folder, signal }: PackageFolder,
  root: string,
): Promise<void> {
  const [loader] = globSync('usr/lib/*-linux-gnu*/ld-linux-*.so.*', { cwd: root });
  if (!loader) throw new Error('the unpacked C library has no loader');
  const libraries = dirname(loader);
  const patchelf = ['--library-path', join(root, libraries), join(root, 'usr/bin/patchelf')];
  const own = globSync(more, { cwd: root });
  const paths = [libraries, ...new Set(own.map((library) => dirname(library)))];
  const path = ['--force-rpath', '--set-rpath', paths.map((each) => join(folder, each)).join(':')];
  const interpreter = ['--set-interpreter', join(folder, loader)];
  const patch = (file: string, settings: string[]) =>
    output(join(root, loader), [...patchelf, ...settings, file], { signal });
  for (const program of globSync(programs, { cwd: root })) {
    const file = join(root, program);
    if (await isProgram(file)) await patch(file, [...interpreter, ...path]);
  }
  for (const library of own) await patch(join(root, library), path);
}

async function isProgram(path: string): Promise<boolean> {
  return (await stat(path)).isFile() && (await readFile(path)).subarray(0, 4).equals(Buffer.from('\x7fELF'));
}
