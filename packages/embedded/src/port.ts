import { createServer } from 'node:net';

/** Tries a port of 127.0.0.1; 0 asks the system for a free one. @returns the port, or undefined if it is taken */
function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

/**
 * Systems choose ports for outgoing connections above these (IANA: from 49152, Linux: from 32768). Such a port could
 * be taken between this search and the moment when the server listens, also at its next start.
 */
const lowest = 20_000;
const highest = 30_000;
const attempts = 50;

/** The preferred port of 127.0.0.1 if it is free, or else another free one. */
export async function freePort(preferred?: number, random = Math.random): Promise<number> {
  if (preferred && (await tryPort(preferred))) return preferred;
  for (let n = 0; n < attempts; n++) {
    const port = await tryPort(lowest + Math.floor(random() * (highest - lowest)));
    if (port) return port;
  }
  const port = await tryPort(0);
  if (!port) throw new Error('127.0.0.1 has no free port.');
  return port;
}
