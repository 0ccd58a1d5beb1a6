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

/** The preferred port of 127.0.0.1 if it is free, or else another free one. */
export async function freePort(preferred?: number): Promise<number> {
  const port = (preferred && (await tryPort(preferred))) || (await tryPort(0));
  if (!port) throw new Error('127.0.0.1 has no free port.');
  return port;
}
