import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';

export interface Machine {
  cores: number;
  cpu: string;
  memoryGigabytes: number;
  node: string;
  os: string;
}

/** On what, when and from which code a result was measured. */
export interface Circumstances {
  machine: Machine;
  /** YYYY-MM-DD, in UTC. */
  date: string;
  /** With `+` where files differed from the commit; null outside a checkout. */
  commit: string | null;
}

export function circumstances(): Circumstances {
  return { machine: machine(), date: new Date().toISOString().slice(0, 10), commit: commit() };
}

export function describeMachine({ cores, cpu, memoryGigabytes, node, os }: Machine): string {
  return `${cores} × ${cpu}, ${memoryGigabytes} GB, Node ${node}, ${os}`;
}

function machine(): Machine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown CPU',
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    os: `${type()} ${release()}`,
  };
}

/** What a run writes, results and pages, does not count as a difference. */
const written = [':!bench/results', ':!test/chaos/results', ':!docs'];

function commit(): string | null {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no', '--', '.', ...written);
    return git('rev-parse', '--short=10', 'HEAD') + (changed ? '+' : '');
  } catch {
    return null;
  }
}
