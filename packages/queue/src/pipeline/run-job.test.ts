import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job as BullJob } from 'bullmq';
import type { Lease, Ledger, Outcome } from '../ledger.ts';
import type { Queues } from '../queues.ts';
import type { Trouble } from './breaker.ts';
import { runJob } from './run-job.ts';
import type { WorkerParts } from './worker-parts.ts';

const slot = new Date('2025-12-24T17:03:20Z');
const now = new Date('2025-12-24T17:03:21Z');
const report = { day: '2025-12-24', written: 0, rooms: [], noData: [], failed: [] };
const lease: Lease = { name: 'daily_env_stats', epoch: 1 };
const down: Trouble = { dependency: 'postgres', reason: 'postgres: connection refused' };
const unreachable = async () => {
  throw new Error('connection refused');
};

/** A worker made of test doubles, so that a job's whole life is one function call. */
function worker(
  handler: () => Promise<unknown>,
  { ledger = {}, trouble, known }: { ledger?: Partial<Ledger>; trouble?: Trouble; known?: Trouble } = {},
) {
  const seen = { outcomes: [] as Outcome[], probes: 0, fenced: 0 };
  const parts: WorkerParts = {
    queues: {} as Queues,
    ledger: {
      begin: async () => ({ lease }),
      claim: async () => lease,
      renew: async () => true,
      end: async (_lease, _run, outcome) => {
        seen.outcomes.push(outcome);
        return true;
      },
      account: async () => {},
      requeued: async () => {},
      ...ledger,
    },
    breaker: {
      trouble: () => known,
      check: async () => {
        seen.probes++;
        return trouble;
      },
      close: () => {},
    },
    logger: { info: () => {}, warn: () => {}, error: () => {} },
    timeZone: 'Asia/Shanghai',
    handlers: { daily_env_stats: handler },
    context: {},
    ending: new AbortController().signal,
    renewEveryMillis: 5_000,
    onRun: () => {},
    onFenced: () => seen.fenced++,
    now: () => now,
  };
  return { parts, seen };
}

function job(changes: Partial<BullJob> = {}): BullJob {
  const data = { version: 1, cause: 'schedule', slot: slot.toISOString(), payload: {} };
  const own = {
    name: 'daily_env_stats',
    id: '1',
    timestamp: 0,
    data,
    opts: { attempts: 3 },
    attemptsMade: 0,
    log: async () => 1,
  };
  return { ...own, ...changes } as BullJob;
}

const fails = (properties: object) => async () => {
  throw Object.assign(new Error('it failed'), properties);
};

test('a job that succeeds is done with its report', async () => {
  const { parts, seen } = worker(async () => report);
  assert.deepEqual(await runJob(parts, job(), 't'), { kind: 'done', report });
  assert.deepEqual(seen, { outcomes: [{ status: 'succeeded', report }], probes: 0, fenced: 0 });
});

test('a failure probes once, and counts as an attempt if nothing is down', async () => {
  const { parts, seen } = worker(fails({}));
  const verdict = await runJob(parts, job(), 't');
  assert.ok(verdict.kind === 'failed' && !verdict.permanent);
  assert.deepEqual(seen, { outcomes: [{ status: 'retrying', error: 'it failed' }], probes: 1, fenced: 0 });
});

test('the last attempt and a permanent failure end the run', async () => {
  const last = worker(fails({}));
  await runJob(last.parts, job({ attemptsMade: 2 }), 't');
  assert.deepEqual(last.seen.outcomes, [{ status: 'failed', error: 'it failed' }]);
  const permanent = worker(fails({ permanent: true }));
  const verdict = await runJob(permanent.parts, job(), 't');
  assert.ok(verdict.kind === 'failed' && verdict.permanent);
  assert.deepEqual(permanent.seen.outcomes, [{ status: 'failed', error: 'it failed' }]);
});

test('while a dependency is down a job is requeued, even if the ledger cannot record it', async () => {
  const { parts, seen } = worker(fails({}), { trouble: down, ledger: { end: unreachable } });
  const verdict = await runJob(parts, job(), 't');
  assert.ok(verdict.kind === 'requeue' && verdict.cause === 'dependency');
  assert.equal(verdict.reason, down.reason);
  assert.equal(seen.probes, 1);
});

test('a ledger that cannot be reached requeues the job before its handler is called', async () => {
  const { parts } = worker(() => assert.fail('no lease'), { trouble: down, ledger: { begin: unreachable } });
  const verdict = await runJob(parts, job(), 't');
  assert.ok(verdict.kind === 'requeue' && verdict.cause === 'dependency');
});

test('a fenced run is requeued and never fails', async () => {
  const { parts, seen } = worker(fails({ fenced: true }));
  const verdict = await runJob(parts, job({ attemptsMade: 2 }), 't');
  assert.ok(verdict.kind === 'requeue' && verdict.cause === 'busy');
  assert.deepEqual(seen, { outcomes: [], probes: 0, fenced: 1 });
});

test('a run is requeued if its end has no effect because another worker has taken over', async () => {
  const { parts, seen } = worker(async () => report, { ledger: { end: async () => false } });
  const verdict = await runJob(parts, job(), 't');
  assert.ok(verdict.kind === 'requeue' && verdict.cause === 'busy');
  assert.equal(seen.fenced, 1);
});

test('a future slot is requeued until it is due', async () => {
  const until = new Date(+now + 90_000);
  const { parts } = worker(() => assert.fail('too early'), {
    ledger: { begin: async () => ({ busy: 'it has not come yet', until }) },
  });
  const verdict = await runJob(parts, job(), 't');
  assert.ok(verdict.kind === 'requeue');
  assert.equal(verdict.delay, 90_000);
});

test('a job added by another version is parked', async () => {
  const { parts } = worker(async () => report);
  for (const changes of [{ name: 'embed_video' }, { data: { version: 2, shape: 'another' } }]) {
    const verdict = await runJob(parts, job(changes), 't');
    assert.ok(verdict.kind === 'requeue' && verdict.cause === 'parked');
    assert.equal(verdict.delay, 60_000);
  }
});

test('a job that arrives while a dependency is known to be down is requeued untouched', async () => {
  const handled: string[] = [];
  const known = { dependency: 'disk', reason: 'disk: 12 MiB free' };
  const { parts, seen } = worker(
    async () => {
      handled.push('it ran');
      return report;
    },
    { known },
  );
  const verdict = await runJob(parts, job(), 't');
  assert.equal(verdict.kind === 'requeue' && verdict.reason, 'disk: 12 MiB free');
  assert.deepEqual([handled, seen.outcomes], [[], []]);
});
