import { ZodError } from 'zod';

/** What becomes of a job that a worker has looked at. */
export type Verdict =
  | { kind: 'done'; report: unknown }
  /** It goes back into the queue and loses no attempt. */
  | Requeue
  /** Its batches are under way; BullMQ wakes it when they are done. */
  | { kind: 'asleep' }
  | Failed;

export interface Requeue {
  kind: 'requeue';
  cause: RequeueCause;
  reason: string;
  /** Milliseconds. */
  delay: number;
}

/** Another run is alive; no worker that runs now can take it; a dependency is down; the worker is shutting down. */
export type RequeueCause = 'busy' | 'parked' | 'dependency' | 'shutdown';

/** BullMQ tries the job again after a backoff, unless the failure is permanent or its attempts are used up. */
export interface Failed {
  kind: 'failed';
  error: Error;
  permanent: boolean;
}

/** Milliseconds. Parked jobs wait for another version of the program. */
const delays = { busy: 2_000, parked: 60_000, dependency: 2_000, shutdown: 0 };

export function requeue(cause: RequeueCause, reason: string, delay: number = delays[cause]): Requeue {
  return { kind: 'requeue', cause, reason, delay };
}

export function failed(error: unknown, permanent = isPermanent(error)): Failed {
  return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)), permanent };
}

/** The error says so itself, with the property `permanent`; what a schema rejects stays rejected too. */
function isPermanent(error: unknown): boolean {
  return error instanceof Error && (error instanceof ZodError || has(error, 'permanent'));
}

/** Another worker has taken over, and a write was refused: the property `fenced` of the error. */
export function isFenced(error: unknown): boolean {
  return error instanceof Error && has(error, 'fenced');
}

function has(error: Error, property: 'permanent' | 'fenced'): boolean {
  return property in error && (error as Error & Record<typeof property, unknown>)[property] === true;
}
