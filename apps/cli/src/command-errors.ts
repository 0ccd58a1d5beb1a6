/** A command could not do what was asked: exit code 1. The message is all that people need to read. */
export class CommandFailed extends Error {}

/** The command line itself is wrong: exit code 2. */
export class WrongUsage extends Error {}

/** Ctrl-C or SIGTERM ended the command: the exit code is the shell's for that signal. */
export class Interrupted extends CommandFailed {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}
