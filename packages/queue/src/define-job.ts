import type { z } from 'zod';

/** What becomes of slots that nobody could run in time: see `account-for-slots.ts`. */
export type CatchUp = 'every-slot' | 'latest' | 'none';

/** Everything about a job except how it is done. */
export interface Job<
  Queue extends string = string,
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  /** What people read: "Daily environment statistics". */
  title: string;
  queue: Queue;
  /** Cron with seconds, farm time. A job without one is asked for by another job, a program or a person. */
  schedule?: string;
  catchUp: CatchUp;
  payload: Payload;
  result: Result;
  /** How often it is tried before it counts as failed. */
  attempts: number;
  /** Milliseconds one try may take before its signal aborts. */
  timeout: number;
}

type Optional = 'attempts' | 'timeout' | 'catchUp';

export function defineJob<const Q extends string, P extends z.ZodType, R extends z.ZodType>(
  job: Omit<Job<Q, P, R>, Optional> & Partial<Pick<Job, Optional>>,
): Job<Q, P, R> {
  return { attempts: 3, timeout: 60 * 60_000, catchUp: 'latest', ...job };
}
