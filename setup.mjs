// Installs and builds what `npm start`, `npm test`, `npm run bench` and `npm run chaos` need, where it is missing or out
// of date. Runs in the machine's own Node, which may be old: plain JavaScript, nothing from node_modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const stamps = join(root, 'node_modules', '.mycelium');

// In this order. A step runs again when one of its `sources` has changed since it last ran.
const steps = [
  {
    name: 'packages',
    says: 'Installing npm packages (the first time takes about a minute)',
    sources: () => [
      'package.json',
      'package-lock.json',
      '.npmrc',
      ...workspaces().map((it) => `${it}/package.json`),
    ],
    // Not `npm ci`, which fails where the lock file lacks the binaries of this system. `--no-save`, since an older npm
    // would rewrite the lock file without the fields that it does not know.
    command: ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'],
    result: 'node_modules/.bin/node',
  },
  {
    name: 'console',
    // The container image of a worker has no pages to build.
    workspace: 'apps/dashboard/web',
    says: 'Building the pages of the console',
    sources: () => [
      'package-lock.json',
      ...filesBelow('apps/dashboard/web'),
      ...filesBelow('packages/farm/src'),
      ...filesBelow('packages/words/src'),
    ],
    command: ['npm', 'run', '--silent', 'build', '--workspace', 'apps/dashboard'],
    result: 'apps/dashboard/dist/index.html',
  },
];

for (const step of steps) {
  if (step.workspace && !existsSync(join(root, step.workspace))) continue;
  const stamp = join(stamps, step.name);
  const before = fingerprint(step.sources());
  if (existsSync(join(root, step.result)) && read(stamp) === before) continue;
  console.log(`${step.says} …`);
  const [command, ...args] = step.command;
  const run = spawnSync(command, args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (run.status !== 0 || !existsSync(join(root, step.result))) fail(step, run);
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, fingerprint(step.sources()));
}

function workspaces() {
  const patterns = JSON.parse(read(join(root, 'package.json'))).workspaces;
  return patterns
    .flatMap((it) =>
      it.endsWith('/*') ? readdirSync(join(root, dirname(it))).map((name) => join(dirname(it), name)) : it,
    )
    .filter((path) => existsSync(join(root, path, 'package.json')));
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(relative(root, entry.parentPath ?? entry.path), entry.name))
    .sort();
}

/** Covers the contents of the files and the kind of machine, since packages contain programs for it. */
function fingerprint(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(`\n${file}\n`).update(read(join(root, file)) ?? '');
  return hash.digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function fail(step, run) {
  const printed = [run.stdout, run.stderr, run.error?.message].filter(Boolean).join('\n').trim();
  if (printed) console.error(printed);
  const how =
    run.status === 0
      ? `did not create ${step.result}`
      : `failed${run.status ? ` (exit code ${run.status})` : ''}`;
  console.error(`\nSetting up Mycelium failed: \`${step.command.join(' ')}\` ${how}; see its output above.`);
  process.exit(1);
}
