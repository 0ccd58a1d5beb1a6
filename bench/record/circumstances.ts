import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Machine {
  cores: number;
  cpu: string;
  memoryGigabytes: number;
  node: string;
  os: string;
}

/** The machine, date and commit of a measurement. */
export interface Circumstances {
  machine: Machine;
  /** YYYY-MM-DD, in UTC. */
  date: string;
  /** With `+` if files differed from the commit; null outside a checkout. */
  commit: string | null;
}

export function circumstances(): Circumstances {
  return { machine: machine(), date: new Date().toISOString().slice(0, 10), commit: commitOf(root) };
}

export function describeMachine({ cores, cpu, memoryGigabytes, node, os }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGigabytes} GB, Node ${node}, ${os}`;
}

export function machine(): Machine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    os: `${type()} ${release()}`,
  };
}

/** The results and pages that a run writes do not count as changes. */
const written = [':!bench/results', ':!test/chaos/results', ':!docs'];

/** The commit of a checkout, with `+` if its files differ from it; null outside a checkout. */
export function commitOf(folder: string): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ...written);
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '');
  } catch {
    return null;
  }
}
