import { dayOf, daysBetween, firingsBetween } from '@mycelium/farm';
import { accountForSlots, jobs } from '@mycelium/queue';
import type { Scenario } from './scenario.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const first = Date.parse('2024-01-01T00:00:00Z');
const last = Date.parse('2035-12-31T00:00:00Z');

/**
 * A scheduler with a bad clock, around every clock change of every zone: its clock is up to ten minutes wrong, another
 * error at each look, so that it often goes backwards. Generated, with the timetable's and the reconcile loop's rules.
 */
export const r10: Scenario = {
  id: 'R10',
  title: 'every zone 2024–2035, clock ±10 min and backwards',
  async run({ random, full }) {
    const all = Intl.supportedValuesOf('timeZone');
    const zones = zoneKinds(full ? all : all.filter(() => random() < 10 / all.length));
    const broken: string[] = [];
    let windows = 0;
    let slots = 0;
    for (const { zone, changes } of zones) {
      for (const change of changes) {
        windows++;
        const [from, to] = [change - 2 * day, change + 2 * day];
        const daily = play(jobs.daily_env_stats.schedule as string, zone, from, to, random);
        const hourly = play(jobs.hourly_setpoint_monitoring.schedule as string, zone, from, to, random);
        slots += daily.length + hourly.length;
        broken.push(...wrongDays(daily, zone, from, to), ...wrongHours(hourly, zone));
      }
    }
    return {
      lost: broken.length,
      doubled: 0,
      refused: 0,
      recovered: windows,
      broken: broken.slice(0, 5),
      note: `${zones.length} kinds of zones, ${windows} windows of four days around a clock change, ${slots} slots`,
    };
  },
};

/** Zones whose clocks change alike from the same offset fire alike; one that never changes has one window. */
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

/** The slots that were run, in the order in which they were; looked for every 20 minutes or so. */
function play(pattern: string, zone: string, from: number, to: number, random: () => number): Date[] {
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

function wrongDays(ran: Date[], zone: string, from: number, to: number): string[] {
  const times = new Map<string, number>();
  for (const slot of ran) times.set(dayOf(slot, zone), (times.get(dayOf(slot, zone)) ?? 0) + 1);
  // The first and the last day are seen in part.
  const whole = daysBetween(dayOf(new Date(from), zone), dayOf(new Date(to), zone)).slice(1, -1);
  return whole.flatMap((local) =>
    times.get(local) === 1 ? [] : [`${zone} ${local}: ${times.get(local) ?? 0} runs`],
  );
}

function wrongHours(ran: Date[], zone: string): string[] {
  return ran.flatMap((slot, n) => {
    const apart = n === 0 ? 60 : (slot.getTime() - (ran[n - 1] as Date).getTime()) / minute;
    // Lord Howe's clock moves by half an hour.
    const right = zone === 'Australia/Lord_Howe' ? apart >= 30 && apart <= 90 : apart === 60;
    return right ? [] : [`${zone} ${slot.toISOString()}: ${apart} minutes after the one before`];
  });
}
