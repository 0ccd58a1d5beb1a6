/** What a command was asked to do did not work out: exit code 1. The message is all that people need to read. */
export class CommandFailed extends Error {}

/** Asked in a way that cannot be: exit code 2. */
export class WrongUsage extends Error {}
