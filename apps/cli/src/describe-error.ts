/** One clear line (a ConfigError has one per mistake); the stack with LOG_LEVEL=debug. */
export async function describeError(error: unknown): Promise<string> {
  const { readConfig } = await import('@mycelium/config');
  let debug = false;
  try {
    debug = readConfig().LOG_LEVEL === 'debug';
  } catch {
    // The settings themselves are what is wrong.
  }
  if (debug && error instanceof Error)
    return `${error.stack}${error.cause ? `\ncaused by ${error.cause}` : ''}`;
  const text = messageOf(error);
  if (text.includes('ECONNREFUSED') || text.includes('Connection is closed')) {
    return `${text}: no server answers at this address. Start one with \`npm start\`, or check REDIS_URL and DATABASE_URL.`;
  }
  return text;
}

function messageOf(error: unknown): string {
  // A refused connection to a name with several addresses has no message of its own in Node.
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
