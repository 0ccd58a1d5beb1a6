/** Describes an error in one clear line (a ConfigError has one per mistake), or with its stack if LOG_LEVEL=debug. */
export async function describeError(error: unknown): Promise<string> {
  const { readConfig } = await import('@mycelium/config');
  let debug = false;
  try {
    debug = readConfig().LOG_LEVEL === 'debug';
  } catch {
    // The settings themselves are invalid.
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
  // In Node, a refused connection to a name with several addresses has no message of its own.
  if (error instanceof AggregateError && !error.message) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message || error.name : String(error);
}
