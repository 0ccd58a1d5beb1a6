/** A command could not do what was asked: exit code 1. The message is all that people need to read. */
export class CommandFailed extends Error {}

/** The command line itself is wrong: exit code 2. */
export class WrongUsage extends Error {}
