import { constants } from 'node:os';
import { CommandFailed } from './command-errors.ts';

/**
 * Aborts at the first Ctrl-C or SIGTERM; a second one ends the process at once.
 * @param message explains what keeps running without the command, and how to resume
 */
export function interruption(message: string | (() => string)): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      const text = typeof message === 'string' ? message : message();
      controller.abort(new CommandFailed(text, { exitCode: 128 + constants.signals[name] }));
    });
  }
  return controller.signal;
}

/** The user sees the interruption, whatever error the interrupted work throws. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
