import { isLow } from '@mycelium/config';
import type { Condition, HeartbeatRow, QuarantinedReadings, Takeover } from '@mycelium/database';
import { formatLocal } from '@mycelium/farm';
import type { Canary } from '@mycelium/queue';
import { type Code, message, type Params, say } from '@mycelium/words';
import type { DeadLetters } from '../dead-letters.ts';
import type { DescriptionOutcomes } from '../description-outcomes.ts';
import type { StuckRun } from '../stuck-runs.ts';
import type { Facts, JobFacts } from './facts.ts';

/** Kinds of alerts; `docs/alerts.md` explains what to do about each. */
export const alertKinds = [
  'failure-rate',
  'no-data',
  'failed-run',
  'consecutive-failures',
  'overdue',
  'missed',
  'stuck-run',
  'requeued',
  'dead-worker',
  'dead-letters',
  'breaker-open',
  'unserved',
  'takeover',
  'disk',
  'descriptions',
  'reading-times',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** Opens above the first threshold and closes below the second: a value between the two does not flap. */
export const failureRate = { opens: 0.1, closes: 0.05 };
export const deadAfterSeconds = { opens: 60, closes: 30 };
export const failuresInARow = 3;
export const breakerSeconds = 15;
export const deadLetterSeconds = 600;
/** A canary is taken within milliseconds. */
export const unservedSeconds = 60;
export const stuckSeconds = 120;
export const requeuedSeconds = 600;
/** A few failures are chance, or odd pictures. */
export const descriptionsInARow = 5;
/** A device that has sent nothing of a wrong time for a day has its clock right again. */
export const wrongClockHours = 24;
/** A missed slot stays an alert for this long, or until it is backfilled. */
export const missedHours = 24;
/** An older report is not evidence about today. */
export const reportDays = 3;
/** More rooms without data than this are one problem. */
export const roomsApart = 20;

/** The identity of an alert. */
export const alertKey = ({ kind, subject }: { kind: string; subject: string }) => `${kind} ${subject}`;

/** What a rule works with: the facts, and how to report what it finds. */
interface Judging {
  facts: Facts;
  /** Whether such an alert is open: the thresholds for opening and closing differ. */
  isOpen(kind: AlertKind, subject: string): boolean;
  local(instant: Date): string;
  /** Seconds. */
  age(instant: Date): number;
  add(
    kind: AlertKind,
    subject: string,
    severity: Condition['severity'],
    since: Date,
    code: Code,
    params: Params,
  ): void;
}

/** Every alert condition that holds now. */
export function findConditions(facts: Facts, isOpen: Judging['isOpen']) {
  const found: (Condition & { kind: AlertKind })[] = [];
  const judging: Judging = {
    facts,
    isOpen,
    local: (instant) => formatLocal(instant, facts.timeZone),
    age: (instant) => (facts.at.getTime() - instant.getTime()) / 1_000,
    add: (kind, subject, severity, since, code, params) => {
      const english = bounded(say(message(code, params)), 300);
      found.push({ kind, subject: bounded(subject, 80), severity, since, message: english, code, params });
    },
  };
  for (const job of facts.jobs) {
    judgeReport(judging, job);
    judgeStreak(judging, job);
    judgeSlots(judging, job);
    judgeRequeued(judging, job);
  }
  for (const run of facts.stuckRuns ?? []) judgeStuck(judging, run);
  const services = Map.groupBy(facts.heartbeats, ({ service }) => service);
  for (const [service, processes] of services) judgeService(judging, service, processes);
  for (const disk of disksOf(judging)) judgeDisk(judging, disk);
  for (const canary of facts.canaries ?? []) judgeCanary(judging, canary);
  for (const device of facts.wrongClocks) judgeClock(judging, device);
  for (const letters of facts.deadLetters ?? []) judgeLetters(judging, letters);
  if (facts.takeover) judgeTakeover(judging, facts.takeover);
  if (facts.descriptions) judgeDescriptions(judging, facts.descriptions);
  return found;
}

function judgeReport({ isOpen, age, local, add }: Judging, { job, ended }: JobFacts): void {
  const newest = ended.find(({ status }) => status === 'succeeded');
  if (!newest?.report || age(newest.finishedAt) >= reportDays * 86_400) return;
  const { finishedAt: since, report } = newest;
  const slot = local(newest.slot);

  const rate = report.failureRate ?? 0;
  const tooMany = isOpen('failure-rate', job) ? rate >= failureRate.closes : rate > failureRate.opens;
  if (tooMany) {
    const params = { slot, failed: report.failed ?? 0, n: report.tried ?? 0 };
    add('failure-rate', job, 'warning', since, 'alert.failure-rate.images', params);
  }
  if (report.foundNothing) add('no-data', job, 'critical', since, 'alert.no-data.run', { slot });

  const rooms = report.roomsWithoutData ?? [];
  if (rooms.length > roomsApart) {
    const params = { slot, n: rooms.length, rooms: rooms.slice(0, 10).join(', ') };
    add('no-data', 'many rooms', 'critical', since, 'alert.no-data.rooms', params);
  } else {
    for (const room of rooms)
      add('no-data', `room ${room}`, 'warning', since, 'alert.no-data.room', { slot, room });
  }
}

/** Where every slot counts, one failed run leaves a day without its result. */
function judgeStreak({ local, add }: Judging, { job, everySlot, ended }: JobFacts): void {
  const streak = ended.slice(0, failuresInARow);
  const [last] = streak;
  if (last?.status !== 'failed') return;
  if (streak.length < failuresInARow || !streak.every(({ status }) => status === 'failed')) {
    const params = { slot: local(last.slot), error: bounded(last.error ?? '–', 200) };
    if (everySlot) add('failed-run', job, 'warning', last.finishedAt, 'alert.failed-run.error', params);
    return;
  }
  const params = {
    n: failuresInARow,
    slot: local(last.slot),
    ...(last.error && { error: bounded(last.error, 160) }),
  };
  const code = last.error ? 'alert.consecutive-failures.streak' : 'alert.consecutive-failures.unexplained';
  add('consecutive-failures', job, 'critical', last.finishedAt, code, params);
}

function judgeSlots({ local, add }: Judging, { job, overdue, missed }: JobFacts): void {
  const [oldest] = overdue;
  const newest = overdue.at(-1);
  if (oldest && newest) {
    const code = overdue.length === 1 ? 'alert.overdue.one' : 'alert.overdue.many';
    add('overdue', job, 'critical', newest, code, { n: overdue.length, slot: local(oldest) });
  }
  if (missed) {
    const params = { n: missed.slots, slot: local(missed.newest) };
    add('missed', job, 'warning', missed.recordedAt, 'alert.missed.slots', params);
  }
}

/** A job may wait behind a live run for as long as one run may take. */
function judgeRequeued({ local, age, add }: Judging, { job, requeued, timeoutSeconds }: JobFacts): void {
  const long = requeued.filter(
    ({ since, behindLiveRun }) =>
      age(since) > (behindLiveRun ? Math.max(timeoutSeconds, requeuedSeconds) : requeuedSeconds),
  );
  const [oldest] = long;
  if (!oldest) return;
  const params = { n: long.length, since: local(oldest.since), reason: bounded(oldest.reason, 160) };
  add('requeued', job, 'warning', oldest.since, 'alert.requeued.same-reason', params);
}

function judgeStuck({ local, age, add }: Judging, { job, slot, idleSince }: StuckRun): void {
  if (age(idleSince) <= stuckSeconds) return;
  const params = { slot: local(slot), since: local(idleSince) };
  add('stuck-run', job, 'critical', idleSince, 'alert.stuck-run.no-batch', params);
}

function judgeService(
  { isOpen, local, age, add }: Judging,
  service: string,
  processes: HeartbeatRow[],
): void {
  const seen = new Date(Math.max(...processes.map(({ seenAt }) => seenAt.getTime())));
  const limit = isOpen('dead-worker', service) ? deadAfterSeconds.closes : deadAfterSeconds.opens;
  if (age(seen) > limit)
    add('dead-worker', service, 'critical', seen, 'alert.dead-worker.silent', {
      service,
      since: local(seen),
    });

  const paused = processes.find(
    ({ seenAt, troubleSince }) =>
      troubleSince && age(seenAt) <= deadAfterSeconds.opens && age(troubleSince) > breakerSeconds,
  );
  if (!paused?.troubleSince) return;
  const { host, trouble, troubleSince } = paused;
  const params = { service, host, since: local(troubleSince), trouble: trouble ?? '' };
  add('breaker-open', service, 'critical', troubleSince, 'alert.breaker-open.paused', params);
}

/** What live processes report. Processes of one machine share its disks. */
function disksOf({ facts, age }: Judging) {
  const live = facts.heartbeats.filter(({ seenAt }) => age(seenAt) <= deadAfterSeconds.opens);
  const disks = new Map<string, { host: string; path: string; free: number; size: number; seenAt: Date }>();
  for (const { host, seenAt, diskPath: path, diskFree: free, diskSize: size } of live) {
    if (path === null || free === null || size === null) continue;
    const known = disks.get(`${host} ${path}`);
    if (!known || known.seenAt < seenAt) disks.set(`${host} ${path}`, { host, path, free, size, seenAt });
  }
  return disks.values();
}

function judgeDisk(
  { isOpen, add }: Judging,
  {
    host,
    path,
    free,
    size,
    seenAt,
  }: { host: string; path: string; free: number; size: number; seenAt: Date },
): void {
  const subject = `${host} ${path}`;
  if (!isLow({ free, size }, isOpen('disk', subject))) return;
  const params = { host, path, free: gibibytes(free), share: Math.floor((free / size) * 100) };
  add('disk', subject, 'warning', seenAt, 'alert.disk.low', params);
}

const gibibytes = (bytes: number) => (bytes / 1024 ** 3).toFixed(1);

/** Jobs wait, somebody should take them, and nobody does. */
function judgeCanary({ facts, local, age, add }: Judging, { queue, since, active, isPaused }: Canary): void {
  const isServed = facts.heartbeats.some(
    ({ seenAt, trouble, queues }) =>
      age(seenAt) <= deadAfterSeconds.opens && !trouble && queues.includes(queue),
  );
  if (isPaused || active > 0 || !isServed || age(since) <= unservedSeconds) return;
  add('unserved', queue, 'critical', since, 'alert.unserved.canary', { since: local(since) });
}

/** Runs are repeated by themselves; what devices and people sent is not. */
function judgeTakeover({ local, add }: Judging, { from, to }: Takeover): void {
  const params = { from: local(from), to: local(to) };
  add('takeover', 'PostgreSQL', 'critical', to, 'alert.takeover.gap', params);
}

/** One alert per device, however many readings it sends. */
function judgeClock(
  { local, age, add }: Judging,
  { room, device, reason, count, last, receivedAt }: QuarantinedReadings,
): void {
  if (age(receivedAt) > wrongClockHours * 3_600) return;
  const params = { device, room, n: count, last: local(last), received: local(receivedAt) };
  add('reading-times', device, 'warning', receivedAt, `alert.reading-times.${reason}`, params);
}

function judgeLetters({ local, age, add }: Judging, { queue, count, oldest, newest }: DeadLetters): void {
  if (age(oldest) <= deadLetterSeconds) return;
  add('dead-letters', queue, 'warning', newest, 'alert.dead-letters.count', {
    n: count,
    oldest: local(oldest),
  });
}

/** A captioner that answers with something else than asked is not down, and no job fails. */
function judgeDescriptions({ local, age, add }: Judging, outcomes: DescriptionOutcomes): void {
  const { described, failed, newest } = outcomes;
  if (described > 0 || failed < descriptionsInARow || age(newest) >= reportDays * 86_400) return;
  add('descriptions', 'captioner', 'warning', newest, 'alert.descriptions.all-failed', {
    n: failed,
    newest: local(newest),
  });
}

function bounded(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
