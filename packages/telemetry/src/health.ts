import { createServer } from 'node:http';
import { metricsType, readMetrics } from './metrics.ts';

/**
 * `/livez` (the process answers), `/readyz` (it does its work; `ready` returns the reason if not), `/metrics`
 * (Prometheus).
 * @returns the port it listens on, and `close`.
 */
export async function startHealthServer(options: {
  host?: string;
  port: number;
  /** Undefined when ready, or else the trouble. */
  ready: () => string | undefined | Promise<string | undefined>;
}) {
  const server = createServer(async ({ url }, response) => {
    const answer = (status: number, body: string, type = 'text/plain') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (url === '/livez') return answer(200, 'ok\n');
    if (url === '/metrics') {
      return readMetrics().then(
        (text) => answer(200, text, metricsType),
        (error) => answer(500, `${error}\n`),
      );
    }
    if (url !== '/readyz') return answer(404, 'not found\n');
    const reason = await Promise.resolve(options.ready()).catch(String);
    return answer(reason ? 503 : 200, `${reason ?? 'ok'}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(options.port, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  return { port, close: () => new Promise((resolve) => server.close(resolve)) };
}
