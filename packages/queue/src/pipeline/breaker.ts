import pTimeout from 'p-timeout';
import type { Log } from '../contract.ts';

/** A service that the jobs of a queue need. */
export interface Dependency {
  /** `postgres`, `object store` … */
  name: string;
  /** Throws when it is unreachable. */
  probe(signal: AbortSignal): Promise<unknown>;
}

/** A dependency that is down. */
export interface Trouble {
  dependency: string;
  /** `postgres: connection refused` */
  reason: string;
}

export interface Breaker {
  /** What is known to be down; undefined when all is well. */
  trouble(): Trouble | undefined;
  /** Probes now. @returns the dependency that is down */
  check(): Promise<Trouble | undefined>;
  close(): void;
}

const probeTimeout = 3_000;
const probeAgainAfter = 1_000;

/**
 * Distinguishes a failing job from a dependency that is down. While one is down, `pause` stops the worker from taking
 * jobs, the dependency is probed every second, and `resume` is called when it answers. If the process dies in the
 * meantime, nothing stays paused, since each worker pauses only itself.
 */
export function createBreaker(
  needs: Dependency[],
  { pause, resume, logger }: { pause(): unknown; resume(): unknown; logger: Log },
): Breaker {
  let down: Trouble | undefined;
  let timer: NodeJS.Timeout | undefined;
  let checking: Promise<Trouble | undefined> | undefined;

  function set(found: Trouble | undefined) {
    if (found && !down) {
      logger.error(`paused: ${found.reason}`, { dependency: found.dependency });
      pause();
    }
    if (!found && down) {
      logger.info(`resumed: ${down.dependency} answers again`, { dependency: down.dependency });
      resume();
    }
    down = found;
    clearTimeout(timer);
    if (down) timer = setTimeout(() => void check(), probeAgainAfter).unref();
  }

  function check(): Promise<Trouble | undefined> {
    // Jobs that fail at the same time share one probe.
    checking ??= probeAll(needs)
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

/** The first dependency that does not answer. */
async function probeAll(needs: Dependency[]): Promise<Trouble | undefined> {
  const answers = await Promise.all(needs.map(probeOne));
  return answers.find((trouble) => trouble !== undefined);
}

async function probeOne({ name, probe }: Dependency): Promise<Trouble | undefined> {
  try {
    await pTimeout(probe(AbortSignal.timeout(probeTimeout)), {
      milliseconds: probeTimeout,
      message: `no answer within ${probeTimeout} ms`,
    });
    return undefined;
  } catch (error) {
    return { dependency: name, reason: `${name}: ${error instanceof Error ? error.message : error}` };
  }
}
