import { accountForSlots, type CatchUp, catchUpDays, misfireGraceSeconds } from '@mycelium/queue';
import { playRealDowntime } from './r6-real-downtime.ts';
import type { Scenario } from './scenario.ts';

const hour = 3_600_000;

type End = 'ran' | 'coalesced' | 'missed' | 'paused' | 'open';

export const r6: Scenario = {
  id: 'R6',
  title: 'downtime of 0 s … 3 days × catchUp, generated and for real',
  async run(stage) {
    const cases = stage.full ? 50_000 : 10_000;
    const broken = playGenerated(stage.random, cases);
    let late = 0;
    for (const hours of stage.full ? [0, 0.05, 3, 26, 72] : [72]) {
      const real = await playRealDowntime(stage, hours);
      late += real.late;
      broken.push(...real.broken);
    }
    return {
      lost: broken.length,
      doubled: 0,
      late,
      refused: 0,
      recovered: cases,
      broken: broken.slice(0, 5),
      note: `${cases} generated stories of 48 slots; for real, ${late} slots made up for`,
    };
  },
};

/** Stories of the scheduler's downtime, on a clock of their own, against the words of the mission. @returns the first slot that differs */
function playGenerated(random: () => number, cases: number): string[] {
  for (let n = 0; n < cases; n++) {
    const downFrom = random() * 12 * hour;
    const downFor = random() < 0.3 ? random() * 600_000 : random() * 26 * hour;
    const pausedFrom = random() < 0.3 ? random() * 24 * hour : Number.POSITIVE_INFINITY;
    const story = {
      catchUp: (['every-slot', 'latest', 'none'] as const)[Math.floor(random() * 3)] as CatchUp,
      downFrom,
      downUntil: downFrom + downFor,
      pausedFrom,
      pausedUntil: pausedFrom + random() * 12 * hour,
    };
    const slots = Array.from({ length: 48 }, (_, slot) => (slot + 1) * hour + 300_000);
    const ends = play(slots, story);
    for (const slot of slots) {
      const [got, wanted] = [ends.get(slot), model(slot, slots, story)];
      if (got !== wanted)
        return [`case ${n}, ${story.catchUp}, slot ${slot / hour} h: ${got}, wanted ${wanted}`];
    }
  }
  return [];
}

interface Story {
  catchUp: CatchUp;
  downFrom: number;
  downUntil: number;
  pausedFrom: number;
  pausedUntil: number;
}

const round = 10_000;
const horizon = 60 * hour;

/** Rounds of the reconcile loop, every 10 s while the scheduler is up. */
function play(
  slots: number[],
  { catchUp, downFrom, downUntil, pausedFrom, pausedUntil }: Story,
): Map<number, End> {
  const ends = new Map<number, End>();
  let accounted = 0;
  for (let now = 0; now < horizon; now += round) {
    if (now >= downFrom && now < downUntil) {
      now = Math.ceil(downUntil / round) * round - round;
      continue;
    }
    const due = slots.filter((slot) => slot > accounted && slot <= now);
    if (due.length === 0) {
      // Straight on to the round that has something to do.
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
    for (const { slot, action } of judged) ends.set(slot.getTime(), action === 'run' ? 'ran' : action);
    accounted = due.at(-1) as number;
  }
  return ends;
}

/** The mission's words, without a loop: when is the slot seen, what else is seen with it, and how late is it? */
function model(slot: number, slots: number[], story: Story): End {
  const seenAt = (at: number) => {
    const tick = Math.ceil(at / round) * round;
    const down = tick >= story.downFrom && tick < story.downUntil;
    return down ? Math.ceil(story.downUntil / round) * round : tick;
  };
  const paused = (at: number) => at >= story.pausedFrom && at < story.pausedUntil;
  if (paused(slot)) return 'paused';
  const seen = seenAt(slot);
  const together = slots.filter((other) => seenAt(other) === seen && !paused(other));
  const late = (seen - slot) / 1_000;
  if (story.catchUp === 'latest') return slot === together.at(-1) ? 'ran' : 'coalesced';
  if (late <= misfireGraceSeconds) return 'ran';
  if (story.catchUp === 'none' || late > catchUpDays * 86_400) return 'missed';
  return 'ran';
}
