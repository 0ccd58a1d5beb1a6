import type { ReportView } from '@mycelium/words';
import type { z } from 'zod';
import type { ReportFacts } from './reports/facts.ts';

/** What happens to slots that were not run in time: see `account-for-slots.ts`. */
export type CatchUp = 'every-slot' | 'latest' | 'none';

/** What starts a job: the scheduler starting up, its schedule, or a request from another job or a person. */
export type Trigger = 'startup' | 'schedule' | 'request';

/** What a day's result is computed from. A day is stale when some of it arrived after the day's run. */
export type BackfillBasis = 'readings' | 'setpoints' | 'images';

/** Everything about a job except its handler. */
export interface Job<
  Queue extends string = string,
  Payload extends z.ZodType = z.ZodType,
  Result extends z.ZodType = z.ZodType,
> {
  /** Shown to people: "Daily climate statistics". */
  title: string;
  queue: Queue;
  trigger: Trigger;
  /** Cron with seconds, in farm time. Present when the trigger is `schedule`. */
  schedule?: string;
  catchUp: CatchUp;
  /** Whether someone who runs it must give a day: the slot's day, or the payload's day when it has no schedule. */
  asksForDay: boolean;
  /** Present when `backfill` can recompute past days. */
  backfill?: BackfillBasis;
  payload: Payload;
  result: Result;
  /** Attempts before the job counts as failed. */
  attempts: number;
  /** Milliseconds an attempt may take before its signal aborts. */
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
