import type { Log } from './contract.ts';

/** Something a queue's jobs cannot be done without. */
export interface Dependency {
  /** `postgres`, `object store` … */
  name: string;
  /** Throws when it is out of reach. */
  probe(signal: AbortSignal): Promise<unknown>;
}

export interface Breaker {
  /** What is out of reach, as far as is known; undefined when all is well. */
  trouble(): string | undefined;
  /** Probes now. @returns what is out of reach */
  check(): Promise<string | undefined>;
  close(): void;
}

const probeTimeout = 3_000;
const probeAgainAfter = 1_000;

/**
 * Tells a job that fails from a dependency that is down. While one is, `pause` holds the worker back, the
 * dependency is probed every second, and `resume` follows by itself. Nothing is left paused by a process that
 * dies meanwhile: each worker holds back itself alone.
 */
export function createBreaker(
  needs: Dependency[],
  { pause, resume, logger }: { pause(): unknown; resume(): unknown; logger: Log },
): Breaker {
  let down: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<string | undefined> | undefined;

  async function probeAll(): Promise<string | undefined> {
    const failures = await Promise.all(
      needs.map(async ({ name, probe }) => {
        try {
          const signal = AbortSignal.timeout(probeTimeout);
          await Promise.race([probe(signal), rejectWhen(signal)]);
          return [];
        } catch (error) {
          return [`${name}: ${error instanceof Error ? error.message : error}`];
        }
      }),
    );
    return failures.flat()[0];
  }

  function set(found: string | undefined) {
    if (found && !down) {
      logger.error('a dependency is down: holding back', { dependency: found });
      pause();
    }
    if (!found && down) {
      logger.info('the dependency is back: going on', { dependency: down });
      resume();
    }
    down = found;
    clearTimeout(timer);
    if (down) timer = setTimeout(() => void check(), probeAgainAfter).unref();
  }

  function check(): Promise<string | undefined> {
    // Many jobs that fail together ask once.
    checking ??= probeAll()
      .then((found) => {
        set(found);
        return found;
      })
      .finally(() => {
        checking = undefined;
      });
    return checking;
  }

  return { trouble: () => down, check, close: () => clearTimeout(timer) };
}

function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error(`no answer within ${probeTimeout} ms`)));
  });
}
