import { dayOf, daysBetween, firingsBetween } from '@mycelium/farm';
import { accountForSlots, jobs } from '@mycelium/queue';
import type { Scenario } from '../harness/scenario.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const first = Date.parse('2024-01-01T00:00:00Z');
const last = Date.parse('2035-12-31T00:00:00Z');

/**
 * A scheduler with a bad clock, around every clock change of every zone. Each time it is read, the clock is wrong by a
 * different amount of up to ten minutes, so it often runs backwards. The histories are generated with the real rules of
 * the schedule and the reconcile loop. No process runs, so there are no refused writes and nothing to recover from.
 */
export const r10: Scenario = {
  id: 'R10',
  title: 'every zone 2024–2035, clock ±10 min and backwards',
  async run({ random, full }) {
    const all = Intl.supportedValuesOf('timeZone');
    const zones = zoneKinds(full ? all : all.filter(() => random() < 10 / all.length));
    const found: Found = { lost: [], doubled: [] };
    let windows = 0;
    let slots = 0;
    for (const { zone, changes } of zones) {
      for (const change of changes) {
        windows++;
        const [from, to] = [change - 2 * day, change + 2 * day];
        const daily = simulate(jobs.daily_env_stats.schedule as string, zone, from, to, random);
        const hourly = simulate(jobs.hourly_setpoint_monitoring.schedule as string, zone, from, to, random);
        slots += daily.length + hourly.length;
        judgeDays(daily, { zone, from, to }, found);
        judgeHours(hourly, zone, found);
      }
    }
    const broken = [...found.lost, ...found.doubled];
    if (windows === 0) broken.push('no zone was tried');
    return {
      lost: found.lost.length,
      doubled: found.doubled.length,
      broken: broken.slice(0, 5),
      note: `${zones.length} kinds of zones, ${windows} windows of four days around a clock change, ${slots} slots`,
    };
  },
};

/** Descriptions of missing slots and of slots that ran twice. */
interface Found {
  lost: string[];
  doubled: string[];
}

/** Zones with the same offsets and clock changes fire alike; a zone that never changes has one window. */
function zoneKinds(zones: string[]): { zone: string; changes: number[] }[] {
  const kinds = new Map<string, { zone: string; changes: number[] }>();
  for (const zone of zones) {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    const offsetAt = (at: number) => format.format(at).replace(/^.*GMT/, '');
    const changes: number[] = [];
    for (let at = first; at < last; at += day) if (offsetAt(at) !== offsetAt(at + day)) changes.push(at);
    const kind = `${offsetAt(first)} ${changes.join(' ')}`;
    if (!kinds.has(kind)) kinds.set(kind, { zone, changes: changes.length > 0 ? changes : [first] });
  }
  return [...kinds.values()];
}

/** @returns the slots in the order they ran, with a round of the loop about every 20 minutes */
function simulate(pattern: string, zone: string, from: number, to: number, random: () => number): Date[] {
  const ran: Date[] = [];
  let accountedUntil = new Date(from);
  for (let real = from; real < to; real += random() * 40 * minute) {
    const now = new Date(real + (random() * 20 - 10) * minute);
    const due = [...firingsBetween(pattern, zone, accountedUntil, now)];
    const judged = accountForSlots(
      due.map((slot) => ({ slot, paused: false })),
      now,
      'every-slot',
    );
    for (const { slot, action } of judged) if (action === 'run') ran.push(slot);
    accountedUntil = due.at(-1) ?? accountedUntil;
  }
  return ran;
}

function judgeDays(
  ran: Date[],
  { zone, from, to }: { zone: string; from: number; to: number },
  { lost, doubled }: Found,
): void {
  const times = new Map<string, number>();
  for (const slot of ran) times.set(dayOf(slot, zone), (times.get(dayOf(slot, zone)) ?? 0) + 1);
  // The window contains only part of its first and last days.
  for (const local of daysBetween(dayOf(new Date(from), zone), dayOf(new Date(to), zone)).slice(1, -1)) {
    const runs = times.get(local) ?? 0;
    if (runs === 0) lost.push(`${zone} ${local}: no run`);
    if (runs > 1) doubled.push(`${zone} ${local}: ${runs} runs`);
  }
}

function judgeHours(ran: Date[], zone: string, { lost, doubled }: Found): void {
  // Lord Howe's clock moves by half an hour.
  const [least, most] = zone === 'Australia/Lord_Howe' ? [30, 90] : [60, 60];
  for (const [n, slot] of ran.entries()) {
    if (n === 0) continue;
    const apart = (slot.getTime() - (ran[n - 1] as Date).getTime()) / minute;
    const what = `${zone} ${slot.toISOString()}: ${apart} minutes after the one before`;
    if (apart > most) lost.push(what);
    if (apart < least) doubled.push(what);
  }
}
