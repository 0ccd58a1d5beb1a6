import { ZodError } from 'zod';

/** What happens to a job that a worker has taken. */
export type Verdict =
  | { kind: 'done'; report: unknown }
  /** It is requeued and loses no attempt. */
  | Requeue
  /** Its batches are in progress; BullMQ wakes it when they are done. */
  | { kind: 'asleep' }
  | Failed;

export interface Requeue {
  kind: 'requeue';
  cause: RequeueCause;
  reason: string;
  /** Milliseconds. */
  delay: number;
}

/** Another run is alive; no current worker can take it; a dependency is down; the worker is shutting down. */
export type RequeueCause = 'busy' | 'parked' | 'dependency' | 'shutdown';

/** BullMQ retries the job after a backoff, unless the failure is permanent or its attempts are used up. */
export interface Failed {
  kind: 'failed';
  error: Error;
  permanent: boolean;
}

/** Delays in milliseconds. Parked jobs wait for another version of the program. */
const delays = { busy: 2_000, parked: 60_000, dependency: 2_000, shutdown: 0 };

export function requeue(cause: RequeueCause, reason: string, delay: number = delays[cause]): Requeue {
  return { kind: 'requeue', cause, reason, delay };
}

export function failed(error: unknown, permanent = isPermanent(error)): Failed {
  return { kind: 'failed', error: error instanceof Error ? error : new Error(String(error)), permanent };
}

/** Whether the error has the property `permanent`, or comes from a schema, which would reject the data again. */
function isPermanent(error: unknown): boolean {
  return error instanceof Error && (error instanceof ZodError || has(error, 'permanent'));
}

/** Whether a write was refused because another worker has taken over: the error has the property `fenced`. */
export function isFenced(error: unknown): boolean {
  return error instanceof Error && has(error, 'fenced');
}

function has(error: Error, property: 'permanent' | 'fenced'): boolean {
  return property in error && (error as Error & Record<typeof property, unknown>)[property] === true;
}
