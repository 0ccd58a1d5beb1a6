/** The command could not do what was requested. The message is all that people need to read. */
export class CommandFailed extends Error {
  /** 1: it failed. 2: the command line itself is wrong. 130 and 143: Ctrl-C and SIGTERM, as in a shell. */
  readonly exitCode: number;

  constructor(message: string, { exitCode = 1, cause }: { exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause });
    this.exitCode = exitCode;
  }
}

/** The command line itself is wrong. */
export const wrongUsage = (message: string) => new CommandFailed(message, { exitCode: 2 });
