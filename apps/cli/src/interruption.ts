import { CommandFailed } from './command-errors.ts';

/** Aborts at the first Ctrl-C or SIGTERM, with what is then to be told; a second one ends the process at once. */
export function interruption(message: string): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => controller.abort(new CommandFailed(message)));
  }
  return controller.signal;
}

/** Whatever an interrupted work throws, the interruption is the reason. */
export async function unlessInterrupted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
