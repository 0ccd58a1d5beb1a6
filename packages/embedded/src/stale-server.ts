import { readdir, readFile, readlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine } from './process-identity.ts';

interface StaleServer {
  /** Its first line is the pid. */
  pidFile: string;
  /** An argument found only in this server's command line: its data folder or its settings file. */
  mark: string;
  /** Sent one after another, each with five seconds to take effect. */
  signals: NodeJS.Signals[];
}

/**
 * Stops one of our servers that survived a crash of the process that started it. Touches only a process whose command
 * line names our files, since the pid may belong to another process now.
 */
export async function endStaleServer({ pidFile, mark, signals }: StaleServer): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const isOurs = async () => pid > 0 && (await commandLine(pid)).includes(mark);
  if (!(await isOurs())) return;
  for (const signal of signals) {
    process.kill(pid, signal);
    for (let tries = 0; tries < 100; tries++) {
      await sleep(50);
      if (!(await isOurs())) return;
    }
  }
  throw new Error(`An old server (process ${pid}) does not stop. Kill it and start again.`);
}

/**
 * Stops the sessions of a killed PostgreSQL: a session in a long query does not notice that its server is gone, and no
 * new server can start until it ends. These processes have the data folder as working directory and PostgreSQL's title.
 */
export async function endOrphanedSessions(dataFolder: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== dataFolder) continue;
    if (!(await isSession(pid))) continue;
    process.kill(pid, 'SIGKILL');
    while (await isSession(pid)) await sleep(10);
  }
}

const isSession = async (pid: number) => (await commandLine(pid))[0]?.startsWith('postgres: ') ?? false;
