import { readFile } from 'node:fs/promises';
import { output } from './command.ts';

/**
 * Distinguishes a process from a later one with the same pid: its start time and, on Linux, the boot it started in.
 * Undefined if no such process runs.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform !== 'linux') {
    const started = await output('ps', ['-o', 'lstart=', '-p', String(pid)]).catch(() => '');
    return started.trim() || undefined;
  }
  const [stat, boot] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
  ]);
  // The second field is the program's name in brackets and may contain spaces; the start time is the 22nd field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime] = [fields[0], fields[19]];
  return startTime && state !== 'Z' ? `${boot.trim()} ${startTime}` : undefined;
}

/** The arguments a process was started with; empty if it does not run. */
export async function commandLine(pid: number): Promise<string[]> {
  if (process.platform !== 'linux') {
    const line = await output('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => '');
    return line.trim().split(/\s+/);
  }
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.split('\0').filter(Boolean);
}

/** Whether any process has this pid. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
