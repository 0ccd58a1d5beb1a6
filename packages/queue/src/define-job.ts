import type { ReportView } from '@mycelium/words';
import type { z } from 'zod';
import type { ReportFacts } from './reports/facts.ts';

/** What becomes of slots that nobody could run in time: see `account-for-slots.ts`. */
export type CatchUp = 'every-slot' | 'latest' | 'none';

/** What starts a job: the scheduler's own start, its schedule, or another job or a person. */
export type Trigger = 'startup' | 'schedule' | 'request';

/** What a day's result is made from: a day is stale when this came in after its run. */
export type BackfillBasis = 'readings' | 'setpoints' | 'images';

/** Everything about a job except how it is done. */
export interface Job<
  Queue extends string = string,
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  /** What people read: "Daily climate statistics". */
  title: string;
  queue: Queue;
  trigger: Trigger;
  /** Cron with seconds, farm time: of the trigger `schedule`. */
  schedule?: string;
  catchUp: CatchUp;
  /** A person who runs it names a day: that of its slot, or of its payload when it has no schedule. */
  asksForDay: boolean;
  /** Present when `backfill` can compute past days again. */
  backfill?: BackfillBasis;
  payload: Payload;
  result: Result;
  /** How often it is tried before it counts as failed. */
  attempts: number;
  /** Milliseconds one try may take before its signal aborts. */
  timeout: number;
  facts?(report: z.output<Result>): ReportFacts;
  show(report: z.output<Result>): ReportView;
}

type Defaulted = 'trigger' | 'attempts' | 'timeout' | 'catchUp' | 'asksForDay';

export function defineJob<const Q extends string, P extends z.ZodType, R extends z.ZodType>(
  job: Omit<Job<Q, P, R>, Defaulted> & Partial<Pick<Job, Defaulted>>,
): Job<Q, P, R> {
  return {
    trigger: job.schedule ? 'schedule' : 'request',
    attempts: 3,
    timeout: 60 * 60_000,
    catchUp: 'latest',
    asksForDay: false,
    ...job,
  };
}
