import { execFile } from 'node:child_process';
import type { ServiceUser } from './service-user.ts';

export interface CommandOptions {
  cwd?: string;
  /** The user the command runs as. Default: the caller's. */
  user?: ServiceUser;
  signal?: AbortSignal | undefined;
  env?: NodeJS.ProcessEnv;
  /** Milliseconds after which it is killed. Default: never. */
  timeout?: number;
}

/** Runs a short command. @returns its stdout. @throws Error with its stderr when it fails */
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
        const printed = stderr.trim() || stdout.trim() || error.message;
        reject(new Error(`${command} failed: ${printed}`, { cause: error }));
      },
    );
  });
}

/** The absolute path of a program on the PATH; undefined if there is none. */
export async function findProgram(name: string): Promise<string | undefined> {
  const path = await output('/bin/sh', ['-c', 'command -v "$1"', 'sh', name]).catch(() => '');
  return path.startsWith('/') ? path.trim() : undefined;
}
