import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, type Pool } from '../pool.ts';
import { createTestDatabase } from '../testing.ts';
import { commit, FencedError, type Lease } from './lease.ts';
import { accountForSlot, createLedger, failRun } from './ledger.ts';
import type { RunKey } from './run-rows.ts';

const job = 'daily_clip_inference';
const slots = [0, 1, 2, 3].map((n) => new Date(Date.UTC(2025, 11, 24 + n, 19, 2, 25)));
const workers = 6;
const movesOfAWorker = 500;

/** The test's own random generator (mulberry32), so that a seed repeats the same choices. */
function seeded(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

test('at most one run is alive after thousands of interleaved moves, and every slot can end', async (t) => {
  const seed = randomInt(2 ** 31); // to repeat a failure, write its seed here
  t.diagnostic(`seed ${seed}`);
  const database = await createTestDatabase(t);
  const pool = createPool(database.url, { name: 'mycelium stress', max: workers + 2 });
  t.after(() => pool.end());
  await pool.query('create table written (epoch bigint, slot timestamptz)');

  const counts: Record<string, number> = {};
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  let working = true;
  const watching = watchInvariants(pool, () => working);
  await Promise.all(
    Array.from({ length: workers }, (_, n) => actAsWorker(pool, seeded(seed + n), `worker ${n}`, count)),
  );
  working = false;
  const looks = await watching;
  t.diagnostic(JSON.stringify({ looks, ...counts }));
  for (const move of ['begun', 'busy', 'waiting', 'retrying', 'succeeded', 'fenced', 'given up'])
    assert.ok(counts[move], `${move} never happened with seed ${seed}: ${JSON.stringify(counts)}`);

  await endAll(pool, seed);
  const { rows } = await pool.query(
    `select run_id, count(*) as n from run_attempt where outcome is null group by 1
     union all select run_id, max(attempt) from run_attempt group by 1 having max(attempt) <> count(*)`,
  );
  assert.deepEqual(rows, [], `every attempt has an end, and no number is left out; seed ${seed}`);
});

/** One worker, sometimes a zombie: it keeps its lease in memory even after losing it. */
async function actAsWorker(pool: Pool, random: () => number, name: string, count: (what: string) => void) {
  const ledger = createLedger(pool, name);
  let holding: { lease: Lease; run: RunKey } | undefined;
  for (let n = 0; n < movesOfAWorker; n++) {
    const slot = slots[Math.floor(random() * slots.length)] as Date;
    const dice = random();
    if (dice < 0.07) {
      await pool.query(`update lease set until = now() - interval '1 second' where name = $1`, [job]);
    } else if (dice < 0.09) {
      if (await failRun(pool, { job, slot }, 'given up')) count('given up');
    } else if (dice < 0.11) {
      await accountForSlot(pool, { job, slot }, 'coalesced');
    } else if (!holding) {
      const cause = random() < 0.5 ? 'schedule' : 'manual';
      const request = `${slot.getTime()}#${Math.floor(random() * 3)}`;
      const begun = await ledger.begin({ job, slot, cause, request });
      if ('lease' in begun) holding = { lease: begun.lease, run: { job, slot } };
      count('lease' in begun ? 'begun' : 'busy' in begun ? 'busy' : 'done');
    } else if (dice < 0.3) {
      count((await ledger.renew(holding.lease)) ? 'renewed' : 'not renewed');
    } else if (dice < 0.5) {
      const { lease, run } = holding;
      const write = 'insert into written (epoch, slot) values ($1, $2)';
      const written = await commit(pool, lease, (tx) => tx.query(write, [lease.epoch, run.slot])).catch(
        (error) => {
          if (!(error instanceof FencedError)) throw error;
        },
      );
      count(written ? 'written' : 'refused');
    } else if (dice < 0.55) {
      holding = undefined; // it died
      count('died');
    } else {
      const { lease, run } = holding;
      const status = dice < 0.75 ? 'waiting' : dice < 0.85 ? 'retrying' : dice < 0.9 ? 'failed' : 'succeeded';
      const took = await ledger.end(lease, run, { status, report: {} });
      count(took ? status : 'fenced');
      holding = undefined;
    }
  }
}

/** Checks the ledger between moves, each time in one snapshot. @returns the number of checks */
async function watchInvariants(pool: Pool, working: () => boolean): Promise<number> {
  let looks = 0;
  for (; working(); looks++) {
    await wait(2);
    const { rows } = await pool.query<{ slot: Date; status: string }>(
      `select slot, status from runs left join lease on name = job and lease.epoch = runs.epoch
       where status = 'waiting' or (status = 'running' and until > clock_timestamp())`,
    );
    assert.ok(rows.length <= 1, `more than one run is alive: ${JSON.stringify(rows)}`);
  }
  return looks;
}

/** Without further failures, and with each slot delivered repeatedly, all slots end. */
async function endAll(pool: Pool, seed: number) {
  await pool.query(`update lease set until = now() - interval '1 second'`);
  const ledger = createLedger(pool, 'last');
  const open = new Set(slots);
  for (let round = 0; open.size > 0; round++) {
    assert.ok(round < slots.length, `${open.size} slots cannot end; seed ${seed}`);
    for (const slot of open) {
      const begun = await ledger.begin({ job, slot, cause: 'schedule', request: `${slot.getTime()}#last` });
      if ('busy' in begun) continue;
      if ('lease' in begun)
        assert.ok(await ledger.end(begun.lease, { job, slot }, { status: 'succeeded', report: {} }));
      open.delete(slot);
    }
  }
}
