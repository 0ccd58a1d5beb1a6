import type { Logger } from './logger.ts';

type Release = () => unknown;

/** The share of the time spent draining: exiting takes a moment too, longer on a busy machine. */
const usable = 0.9;

/** The resources a process must release, in reverse order, when it ends. */
export interface Shutdown {
  /** Aborts when the process should end. */
  signal: AbortSignal;
  onStop(name: string, release: Release): void;
  stop(reason: string, exitCode?: number): Promise<void>;
}

/**
 * Ends the process on SIGTERM and SIGINT. Releases in reverse order, and exits after `drainSeconds` even if a release
 * hangs (a BullMQ worker's `close()` does when Redis is gone). A second signal ends it at once.
 */
export function onShutdown(logger: Logger, drainSeconds: number): Shutdown {
  const controller = new AbortController();
  const releases: { name: string; release: Release }[] = [];
  let stopping: Promise<void> | undefined;

  const unwind = async (reason: string, exitCode: number) => {
    logger.info(`shutting down: ${reason}`);
    const deadline = setTimeout(
      () => {
        logger.error(`not drained within ${drainSeconds} s, exiting anyway`);
        process.exit(exitCode);
      },
      drainSeconds * 1_000 * usable,
    );
    controller.abort(new Error(`the process is shutting down: ${reason}`));
    for (const { name, release } of releases.reverse()) {
      try {
        await release();
      } catch (error) {
        logger.warn(`${name} did not close cleanly`, { error: String(error) });
      }
    }
    clearTimeout(deadline);
    logger.info('shut down');
    process.exit(exitCode);
  };

  const stop = (reason: string, exitCode = 0) => {
    stopping ??= unwind(reason, exitCode);
    return stopping;
  };
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => (stopping ? process.exit(1) : stop(name)));
  }
  process.on('unhandledRejection', (error) => {
    logger.error('unhandled rejection', { error: error instanceof Error ? error.stack : String(error) });
    stop('unhandled rejection', 1);
  });

  return { signal: controller.signal, onStop: (name, release) => releases.push({ name, release }), stop };
}
