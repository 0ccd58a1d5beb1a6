import { CommandFailed } from './command-errors.ts';

/** Aborts at the first Ctrl-C or SIGTERM with `message` as the error; a second one ends the process at once. */
export function interruption(message: string): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new CommandFailed(message)));
  }
  return controller.signal;
}

/** Whatever error interrupted work throws, the user sees the interruption. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
