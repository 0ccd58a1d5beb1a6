import { execFile } from 'node:child_process';
import type { ServiceUser } from './service-user.ts';

export interface CommandOptions {
  cwd?: string;
  /** Whom the command runs as; the caller's own user when left out. */
  user?: ServiceUser;
  signal?: AbortSignal | undefined;
  env?: NodeJS.ProcessEnv;
}

/** What a short command printed on stdout. Throws with its stderr when it fails. */
export function output(command: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const { user, ...rest } = options;
  return new Promise((resolve, reject) => {
    execFile(
      command,
      args,
      { ...rest, ...user?.ids, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (!error) return resolve(stdout);
        if (error.name === 'AbortError') return reject(error);
        const said = stderr.trim() || stdout.trim() || error.message;
        reject(new Error(`${command} failed: ${said}`, { cause: error }));
      },
    );
  });
}

/** Where the shell finds a program, as an absolute path; undefined when there is none. */
export async function findProgram(name: string): Promise<string | undefined> {
  const path = await output('/bin/sh', ['-c', 'command -v "$1"', 'sh', name]).catch(() => '');
  return path.startsWith('/') ? path.trim() : undefined;
}
