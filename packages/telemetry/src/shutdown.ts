import type { Logger } from './logger.ts';

type Release = () => unknown;

/** Of the time to drain: ending by force takes a moment itself, and longer on a machine that has much to do. */
const usable = 0.9;

/** What a process must release, unwound in reverse when it ends. */
export interface Shutdown {
  /** Aborted when the process is told to end. */
  signal: AbortSignal;
  onStop(name: string, release: Release): void;
  stop(reason: string, exitCode?: number): Promise<void>;
}

/**
 * Ends the process on SIGTERM and SIGINT: releases in reverse order, and exits after `drainSeconds` whatever
 * hangs (a BullMQ worker's `close()` does when Redis is gone). A second signal ends it at once.
 */
export function onShutdown(logger: Logger, drainSeconds: number): Shutdown {
  const controller = new AbortController();
  const releases: { name: string; release: Release }[] = [];
  let stopping: Promise<void> | undefined;

  const unwind = async (reason: string, exitCode: number) => {
    logger.info(`ending: ${reason}`);
    const deadline = setTimeout(
      () => {
        logger.error(`not drained within ${drainSeconds} s, ending all the same`);
        process.exit(exitCode);
      },
      drainSeconds * 1_000 * usable,
    );
    controller.abort(new Error(`the process is ending: ${reason}`));
    for (const { name, release } of releases.reverse()) {
      try {
        await release();
      } catch (error) {
        logger.warn(`${name} did not end cleanly`, { error: String(error) });
      }
    }
    clearTimeout(deadline);
    logger.info('ended');
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
