// What `npm start`, `npm test`, `npm run bench` and `npm run chaos` need before anything else, made when it is missing or
// out of date. Runs on the machine's own Node, which may be an old one: plain JavaScript, nothing from node_modules.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(fileURLToPath(import.meta.url));
const stamps = join(root, 'node_modules', '.mycelium');

// In order. A step is done again when one of its `sources` has changed since it was last done.
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
    // Not `npm ci`: it fails where the lock file lacks the binaries of the other systems. `--no-save`: an older npm
    // would write the lock file anew, without what it does not know.
    command: ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--loglevel=error'],
    result: 'node_modules/.bin/node',
  },
  {
    name: 'console',
    // An image of a worker alone has no pages to build.
    workspace: 'apps/dashboard/web',
    says: 'Building the pages of the console',
    sources: () => [
      'package-lock.json',
      ...filesBelow('apps/dashboard/web'),
      ...filesBelow('packages/farm/src'),
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

/** Of the files' contents, and of the kind of machine: what is installed holds programs for it. */
function fingerprint(files) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of files) hash.update(`\n${file}\n`).update(read(join(root, file)) ?? '');
  return hash.digest('hex');
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

function fail(step, run) {
  const said = [run.stdout, run.stderr, run.error?.message].filter(Boolean).join('\n').trim();
  if (said) console.error(said);
  const how =
    run.status === 0 ? `left no ${step.result}` : `failed${run.status ? ` (exit code ${run.status})` : ''}`;
  console.error(`\nSetting up Mycelium failed: \`${step.command.join(' ')}\` ${how}; what it said is above.`);
  process.exit(1);
}
