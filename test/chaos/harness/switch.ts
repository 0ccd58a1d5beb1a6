import { once } from 'node:events';
import { createServer, connect as dial, type Socket } from 'node:net';
import type { Testbed } from './scenario.ts';

/**
 * An address that leads to one of several servers, as a proxy or a service of Kubernetes does.
 * @param databaseUrl of the first server
 * @returns the same address through the switch, and how to lead it to another server, which ends all connections
 */
export async function openSwitch(testbed: Pick<Testbed, 'onEnd'>, databaseUrl: string) {
  let to = new URL(databaseUrl);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = dial({ host: to.hostname, port: Number(to.port) });
    for (const [from, into] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => into.destroy());
      from.on('close', () => {
        open.delete(from);
        into.destroy();
      });
      from.pipe(into);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    for (const socket of open) socket.destroy();
  };
  testbed.onEnd(() => {
    cut();
    server.close();
  });
  const through = new URL(databaseUrl);
  through.port = String((server.address() as { port: number }).port);
  return {
    databaseUrl: through.href,
    leadTo(other: string) {
      to = new URL(other);
      cut();
    },
  };
}
