import type { Condition, HeartbeatRow } from '@mycelium/database';
import { formatLocal } from '@mycelium/farm';

/** Kinds of alerts; `docs/alerts.md` says what to do about each. */
export const alertKinds = [
  'failure-rate',
  'no-data',
  'consecutive-failures',
  'overdue',
  'missed',
  'dead-worker',
  'dead-letters',
  'breaker-open',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Opened above the one threshold, closed below the other: what hovers between does not flap. */
export const failureRate = { opens: 0.1, closes: 0.05 };
export const deadAfterSeconds = { opens: 60, closes: 30 };
export const failuresInARow = 3;
export const breakerSeconds = 15;
export const deadLetterSeconds = 600;
/** A missed slot stays an alert for this long, or until it is made up for. */
export const missedHours = 24;
/** An old report says nothing of today. */
export const reportDays = 3;
/** More rooms without data than this are one trouble, not many. */
export const roomsApart = 20;

export interface JobFacts {
  job: string;
  /** The last ended runs, newest slot first. */
  ended: EndedRun[];
  /** Slots that are due beyond the grace and have not begun, oldest first. */
  overdue: Date[];
  /** Slots of the last day that were given up. */
  missed: { slots: number; newest: Date; writtenDown: Date } | undefined;
}

export interface EndedRun {
  slot: Date;
  status: 'succeeded' | 'failed';
  finishedAt: Date;
  error: string | null;
  report: ReportFacts | undefined;
}

/** What a report says of its input. Undefined: this job does not tell. */
export interface ReportFacts {
  /** Share of the images tried that failed, 0–1. */
  failureRate?: number | undefined;
  foundNothing?: boolean | undefined;
  roomsWithoutData?: string[] | undefined;
}

export interface DeadLetters {
  queue: string;
  count: number;
  oldest: Date;
  newest: Date;
}

export interface Facts {
  at: Date;
  timeZone: string;
  jobs: JobFacts[];
  heartbeats: HeartbeatRow[];
  /** Undefined while Redis does not answer: then nothing is known of them. */
  deadLetters: DeadLetters[] | undefined;
}

/** The identity of an alert. */
export const alertKey = ({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`;

/**
 * Everything that is wrong now.
 * @param isOpen whether there is an open alert: it takes more to close one than to leave it unopened
 */
export function findConditions(facts: Facts, isOpen: (kind: AlertKind, subject: string) => boolean) {
  const found: (Condition & { kind: AlertKind })[] = [];
  const local = (instant: Date) => formatLocal(instant, facts.timeZone);
  const age = (instant: Date) => (facts.at.getTime() - instant.getTime()) / 1_000;
  const say = (
    kind: AlertKind,
    subject: string,
    severity: Condition['severity'],
    since: Date,
    text: string,
  ) => found.push({ kind, subject: bounded(subject, 80), severity, since, message: bounded(text, 300) });

  for (const { job, ended, overdue, missed } of facts.jobs) {
    const newestReport = ended.find(({ status }) => status === 'succeeded');
    if (newestReport?.report && age(newestReport.finishedAt) < reportDays * 86_400)
      judgeReport(job, newestReport.slot, newestReport.finishedAt, newestReport.report);

    const streak = ended.slice(0, failuresInARow);
    const [last] = streak;
    if (last && streak.length === failuresInARow && streak.every(({ status }) => status === 'failed')) {
      const why = bounded(last.error ?? 'no reason was given', 160);
      const text = `${failuresInARow} or more runs in a row have failed, the last of ${local(last.slot)}: ${why}`;
      say('consecutive-failures', job, 'critical', last.finishedAt, text);
    }
    const newestOverdue = overdue.at(-1);
    if (overdue[0] && newestOverdue) {
      const text =
        overdue.length === 1
          ? `the slot of ${local(overdue[0])} is due and has not begun`
          : `${overdue.length} slots are due and have not begun, the oldest of ${local(overdue[0])}`;
      say('overdue', job, 'critical', newestOverdue, text);
    }
    if (missed) {
      const text = `${count(missed.slots, 'slot')} came too late to run, the newest of ${local(missed.newest)}`;
      say('missed', job, 'warning', missed.writtenDown, text);
    }
  }
  const services = Map.groupBy(facts.heartbeats, ({ service }) => service);
  for (const [service, processes] of services) judgeService(service, processes);
  for (const { queue, count: jobs, oldest, newest } of facts.deadLetters ?? []) {
    if (age(oldest) <= deadLetterSeconds) continue;
    const text = `${count(jobs, 'job')} failed for good, the oldest at ${local(oldest)}`;
    say('dead-letters', queue, 'warning', newest, text);
  }
  return found;

  function judgeReport(job: string, slot: Date, since: Date, report: ReportFacts) {
    const rate = report.failureRate ?? 0;
    const tooMany = isOpen('failure-rate', job) ? rate >= failureRate.closes : rate > failureRate.opens;
    if (tooMany) {
      const text = `${(rate * 100).toFixed(1)} % of the images of the run of ${local(slot)} failed`;
      say('failure-rate', job, 'warning', since, text);
    }
    if (report.foundNothing)
      say('no-data', job, 'critical', since, `the run of ${local(slot)} found nothing to work on`);

    const rooms = report.roomsWithoutData ?? [];
    if (rooms.length > roomsApart) {
      const named = rooms.slice(0, 10).join(', ');
      const text = `${rooms.length} rooms had no valid reading in the run of ${local(slot)}: ${named} …`;
      say('no-data', 'many rooms', 'critical', since, text);
    } else {
      for (const room of rooms) {
        const text = `room ${room} had no valid reading in the run of ${local(slot)}`;
        say('no-data', `room ${room}`, 'warning', since, text);
      }
    }
  }

  function judgeService(service: string, processes: HeartbeatRow[]) {
    const seen = new Date(Math.max(...processes.map(({ seenAt }) => seenAt.getTime())));
    const limit = isOpen('dead-worker', service) ? deadAfterSeconds.closes : deadAfterSeconds.opens;
    if (age(seen) > limit) {
      const text = `no process of ${service} has been heard of since ${local(seen)}`;
      say('dead-worker', service, 'critical', seen, text);
    }
    const held = processes.find(
      ({ seenAt, troubleSince }) =>
        troubleSince && age(seenAt) <= deadAfterSeconds.opens && age(troubleSince) > breakerSeconds,
    );
    if (held?.troubleSince) {
      const text = `${service} on ${held.host} holds back since ${local(held.troubleSince)}: ${held.trouble}`;
      say('breaker-open', service, 'critical', held.troubleSince, text);
    }
  }
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`;

function bounded(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
