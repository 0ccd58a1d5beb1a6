import { accountForSlots, type CatchUp, catchUpDays, misfireGraceSeconds } from '@mycelium/queue';
import type { Scenario } from '../harness/scenario.ts';
import { runRealDowntime } from './r6-real-downtime.ts';

const hour = 3_600_000;

type End = 'ran' | 'coalesced' | 'missed' | 'paused' | 'open';

export const r6: Scenario = {
  id: 'R6',
  title: 'downtime of 0 s … 3 days × catchUp, generated and for real',
  async run(testbed) {
    const cases = testbed.full ? 50_000 : 10_000;
    const total = { late: 0, kills: 0, ...compareWithModel(testbed.random, cases) };
    for (const hours of testbed.full ? [0, 0.05, 3, 26, 72] : [72]) {
      const real = await runRealDowntime(testbed, hours);
      total.lost += real.lost;
      total.doubled += real.doubled;
      total.late += real.late;
      total.kills += real.kills;
      total.broken.push(...real.broken);
    }
    return {
      lost: total.lost,
      doubled: total.doubled,
      late: total.late,
      recovered: total.kills,
      broken: total.broken.slice(0, 5),
      note: `${cases} generated histories of 48 slots; for real, ${total.late} slots run late, ${total.kills} processes killed`,
    };
  },
};

/** Compares generated histories of scheduler downtime with a model that has no loop. */
function compareWithModel(random: () => number, cases: number) {
  const found = { lost: 0, doubled: 0, broken: [] as string[] };
  for (let n = 0; n < cases; n++) {
    const downFrom = random() * 12 * hour;
    const downFor = random() < 0.3 ? random() * 600_000 : random() * 26 * hour;
    const pausedFrom = random() < 0.3 ? random() * 24 * hour : Number.POSITIVE_INFINITY;
    const history = {
      catchUp: (['every-slot', 'latest', 'none'] as const)[Math.floor(random() * 3)] as CatchUp,
      downFrom,
      downUntil: downFrom + downFor,
      pausedFrom,
      pausedUntil: pausedFrom + random() * 12 * hour,
    };
    const slots = Array.from({ length: 48 }, (_, slot) => (slot + 1) * hour + 300_000);
    const ends = simulate(slots, history);
    for (const slot of slots) {
      const [got = [], expected] = [ends.get(slot), model(slot, slots, history)];
      if (got.length > 1) found.doubled++;
      if (got[0] === expected) continue;
      if (got.length === 0 || expected === 'ran') found.lost++;
      found.broken.push(
        `case ${n}, ${history.catchUp}, slot ${slot / hour} h: ${got[0]}, expected ${expected}`,
      );
    }
  }
  return found;
}

interface History {
  catchUp: CatchUp;
  downFrom: number;
  downUntil: number;
  pausedFrom: number;
  pausedUntil: number;
}

const round = 10_000;
const horizon = 60 * hour;

/** Simulates the reconcile loop, a round every 10 s while the scheduler is up. @returns the outcomes of each slot */
function simulate(
  slots: number[],
  { catchUp, downFrom, downUntil, pausedFrom, pausedUntil }: History,
): Map<number, End[]> {
  const ends = new Map<number, End[]>();
  let accounted = 0;
  for (let now = 0; now < horizon; now += round) {
    if (now >= downFrom && now < downUntil) {
      now = Math.ceil(downUntil / round) * round - round;
      continue;
    }
    const due = slots.filter((slot) => slot > accounted && slot <= now);
    if (due.length === 0) {
      // Skip to the next round that has something to do.
      const next = slots.find((slot) => slot > now);
      const goal = Math.min(next ?? horizon, now < downFrom ? downFrom : horizon);
      now = Math.max(now, Math.floor(goal / round) * round - round);
      continue;
    }
    const judged = accountForSlots(
      due.map((slot) => ({ slot: new Date(slot), paused: slot >= pausedFrom && slot < pausedUntil })),
      new Date(now),
      catchUp,
    );
    for (const { slot, action } of judged) {
      const end = action === 'run' ? 'ran' : action;
      ends.set(slot.getTime(), [...(ends.get(slot.getTime()) ?? []), end]);
    }
    accounted = due.at(-1) as number;
  }
  return ends;
}

/** The catch-up rules without a loop: when the slot is seen, which others are seen with it, and how late it is. */
function model(slot: number, slots: number[], history: History): End {
  const seenAt = (at: number) => {
    const tick = Math.ceil(at / round) * round;
    const down = tick >= history.downFrom && tick < history.downUntil;
    return down ? Math.ceil(history.downUntil / round) * round : tick;
  };
  const paused = (at: number) => at >= history.pausedFrom && at < history.pausedUntil;
  if (paused(slot)) return 'paused';
  const seen = seenAt(slot);
  const together = slots.filter((other) => seenAt(other) === seen && !paused(other));
  const late = (seen - slot) / 1_000;
  if (history.catchUp === 'latest') return slot === together.at(-1) ? 'ran' : 'coalesced';
  if (late <= misfireGraceSeconds) return 'ran';
  if (history.catchUp === 'none' || late > catchUpDays * 86_400) return 'missed';
  return 'ran';
}
