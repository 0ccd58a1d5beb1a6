import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertKey, findConditions } from './alert-rules.ts';
import type { EndedRun, Facts, JobFacts } from './facts.ts';

const at = new Date('2025-12-24T18:00:00Z');
const ago = (seconds: number) => new Date(at.getTime() - seconds * 1_000);
const job = 'daily_clip_inference';

const run = (fields: Partial<EndedRun> = {}): EndedRun => ({
  slot: ago(3_600),
  status: 'succeeded',
  finishedAt: ago(600),
  error: null,
  report: undefined,
  ...fields,
});
const facts = (fields: Partial<Facts>): Facts => ({
  at,
  timeZone: 'Asia/Shanghai',
  jobs: [],
  heartbeats: [],
  deadLetters: [],
  stuckRuns: [],
  canaries: [],
  takeover: undefined,
  descriptions: undefined,
  wrongClocks: [],
  ...fields,
});
const ofJob = (fields: Partial<JobFacts>) =>
  facts({
    jobs: [
      {
        ...{ job, everySlot: false, timeoutSeconds: 3_600 },
        ...{ ended: [], overdue: [], missed: undefined, requeued: [] },
        ...fields,
      },
    ],
  });
const heartbeat = (seenAt: Date, troubleSince: Date | null = null) => ({
  process: `clip@host#${seenAt.getTime()}`,
  service: 'worker-clip',
  host: 'host',
  startedAt: ago(90_000),
  seenAt,
  trouble: troubleSince && 'object store: no answer',
  troubleSince,
  ...{ queues: ['clip'], diskPath: null, diskFree: null, diskSize: null },
});
const judge = (given: Facts, ...open: string[]) =>
  findConditions(given, (kind, subject) => open.includes(alertKey({ kind, subject })));
const keys = (given: Facts, ...open: string[]) => judge(given, ...open).map(alertKey);

test('a healthy farm has no alerts', () => {
  const given = ofJob({ ended: [run({ report: { failureRate: 0, foundNothing: false } })] });
  assert.deepEqual(judge({ ...given, heartbeats: [heartbeat(ago(5))] }), []);
});

test('a failure rate opens above 10 % and closes below 5 %', () => {
  const alert = `failure-rate ${job}`;
  const rate = (failureRate: number) => ofJob({ ended: [run({ report: { failureRate } })] });
  assert.deepEqual(keys(rate(0.1)), []);
  assert.deepEqual(keys(rate(0.101)), [alert]);
  assert.deepEqual(keys(rate(0.05), alert), [alert]);
  assert.deepEqual(keys(rate(0.049), alert), []);
});

test('the alert about failed images shows how many were tried', () => {
  const report = { failureRate: 1, tried: 2, failed: 2 };
  const [alert] = judge(ofJob({ ended: [run({ report })] }));
  assert.match(alert?.message ?? '', /^2 of 2 images in the run of 2025-12-25 01:00:00 failed\./);
});

test('only the newest report counts, and for three days at most', () => {
  const bad = { report: { failureRate: 0.5 } };
  const good = { report: { failureRate: 0 } };
  assert.deepEqual(keys(ofJob({ ended: [run(good), run(bad)] })), []);
  assert.deepEqual(keys(ofJob({ ended: [run({ ...bad, finishedAt: ago(3 * 86_400 + 1) })] })), []);
});

test('no data is an alert for a run as a whole, and for each room that has none', () => {
  const report = { foundNothing: true, roomsWithoutData: ['607', '611'] };
  assert.deepEqual(keys(ofJob({ ended: [run({ report })] })), [
    `no-data ${job}`,
    'no-data room 607',
    'no-data room 611',
  ]);
});

test('many rooms without data are one alert', () => {
  const rooms = Array.from({ length: 1_000 }, (_, n) => `room ${n}`);
  assert.deepEqual(keys(ofJob({ ended: [run({ report: { roomsWithoutData: rooms } })] })), [
    'no-data many rooms',
  ]);
});

test('three failures in a row are an alert with the last reason; a success closes it', () => {
  const failed = run({ status: 'failed', error: `no space left ${'x'.repeat(1_000)}` });
  assert.deepEqual(keys(ofJob({ ended: [failed, failed] })), []);
  const [alert] = judge(ofJob({ ended: [failed, failed, failed] }));
  assert.equal(alert?.kind, 'consecutive-failures');
  assert.match(alert?.message ?? '', /no space left/);
  assert.ok((alert?.message.length ?? 999) <= 300);
  assert.deepEqual(keys(ofJob({ ended: [run(), failed, failed] })), []);
});

test('one failed run of a job whose every slot counts is an alert until a run succeeds', () => {
  const failed = run({ status: 'failed', error: 'The store is empty.' });
  const daily = (...ended: EndedRun[]) => ofJob({ everySlot: true, ended });
  const [alert, ...others] = judge(daily(failed, run()));
  assert.deepEqual(others, []);
  assert.equal(alert?.kind, 'failed-run');
  assert.match(alert?.message ?? '', /^The run of 2025-12-25 01:00:00 failed: The store is empty\. Retry it/);
  assert.deepEqual(keys(daily(run(), failed)), []);
  assert.deepEqual(keys(daily(failed, failed, failed)), [`consecutive-failures ${job}`]);
});

test('descriptions that all failed are an alert until one succeeds', () => {
  const outcomes = (described: number, failed: number, seconds = 60) =>
    facts({ descriptions: { described, failed, newest: ago(seconds) } });
  const [alert] = judge(outcomes(0, 20));
  assert.equal(alert?.kind, 'descriptions');
  assert.match(
    alert?.message ?? '',
    /^None of the last 20 images got a description, most recently at 2025-12-25/,
  );
  assert.deepEqual(keys(outcomes(0, 4)), []);
  assert.deepEqual(keys(outcomes(1, 20)), []);
  assert.deepEqual(keys(outcomes(0, 20, 3 * 86_400 + 1)), []);
});

test('a due slot that has not started is an alert, in farm time', () => {
  const [alert] = judge(ofJob({ overdue: [new Date('2025-12-24T17:03:20Z')] }));
  assert.match(alert?.message ?? '', /^The run of 2025-12-25 01:03:20 is due and has not started\./);
  assert.deepEqual(
    { code: alert?.code, params: alert?.params },
    { code: 'alert.overdue.one', params: { n: 1, slot: '2025-12-25 01:03:20' } },
  );
  assert.equal(alert?.severity, 'critical');
});

test('missed slots are an alert', () => {
  const missed = { slots: 3, newest: ago(4_000), recordedAt: ago(100) };
  assert.deepEqual(keys(ofJob({ missed })), [`missed ${job}`]);
});

test('a service is dead when all its processes are silent for a minute, and alive when one was seen recently', () => {
  const alert = 'dead-worker worker-clip';
  const heartbeats = (...seconds: number[]) =>
    facts({ heartbeats: seconds.map((silent) => heartbeat(ago(silent))) });
  assert.deepEqual(keys(heartbeats(3_000, 5)), []);
  assert.deepEqual(keys(heartbeats(60)), []);
  assert.deepEqual(keys(heartbeats(3_000, 61)), [alert]);
  assert.deepEqual(keys(heartbeats(45), alert), [alert]);
  assert.deepEqual(keys(heartbeats(30), alert), []);
});

test('a worker that is paused for a while is an alert; a dead one is only reported as dead', () => {
  assert.deepEqual(keys(facts({ heartbeats: [heartbeat(ago(5), ago(15))] })), []);
  assert.deepEqual(keys(facts({ heartbeats: [heartbeat(ago(1)), heartbeat(ago(5), ago(16))] })), [
    'breaker-open worker-clip',
  ]);
  assert.deepEqual(keys(facts({ heartbeats: [heartbeat(ago(500), ago(600))] })), ['dead-worker worker-clip']);
});

test('dead-lettered jobs raise an alert for their queue after ten minutes', () => {
  const letters = (seconds: number) => [
    { queue: 'clip-batch', count: 1, oldest: ago(seconds), newest: ago(1) },
  ];
  assert.deepEqual(keys(facts({ deadLetters: letters(600) })), []);
  const [alert] = judge(facts({ deadLetters: letters(601) }));
  assert.match(alert?.message ?? '', /^1 job has used every attempt, the oldest at 2025-12-25 01:49:59\./);
});

const requeued = (seconds: number, behindLiveRun = false) => ({
  queue: 'clip',
  id: 'one',
  job,
  reason: 'this worker does not know the job',
  since: ago(seconds),
  lastSeen: ago(1),
  times: 60,
  behindLiveRun,
});

test('a job that is requeued for the same reason for ten minutes is an alert', () => {
  assert.deepEqual(keys(ofJob({ requeued: [requeued(600)] })), []);
  const [alert] = judge(ofJob({ requeued: [requeued(700), requeued(601), requeued(5)] }));
  assert.equal(alert && alertKey(alert), `requeued ${job}`);
  assert.match(alert?.message ?? '', /^2 jobs keep being requeued, .*: this worker does not know the job\.$/);
});

test('a job may wait behind a live run for as long as one run may take', () => {
  assert.deepEqual(keys(ofJob({ requeued: [requeued(3_600, true)] })), []);
  assert.deepEqual(keys(ofJob({ requeued: [requeued(3_601, true)] })), [`requeued ${job}`]);
});

test('a waiting run without a batch for two minutes is stuck', () => {
  const stuck = (seconds: number) =>
    facts({ stuckRuns: [{ job, slot: ago(9_000), idleSince: ago(seconds) }] });
  assert.deepEqual(keys(stuck(120)), []);
  assert.deepEqual(keys(stuck(121)), [`stuck-run ${job}`]);
});

test('a device with a wrong clock is one alert, until it has sent nothing wrong for a day', () => {
  const device = {
    room: '611',
    device: 'mushroom_env_status_611',
    reason: 'ahead' as const,
    count: 3,
    first: ago(0),
    last: new Date('2036-02-07T06:28:16Z'),
  };
  const found = (receivedAt: Date) =>
    findConditions(facts({ wrongClocks: [{ ...device, receivedAt }] }), () => false);
  const [alert, ...others] = found(ago(600));
  assert.deepEqual([alert?.kind, alert?.subject, others], ['reading-times', 'mushroom_env_status_611', []]);
  assert.match(
    alert?.message ?? '',
    /sends times in the future, most recently 2036-02-07 14:28:16, .*Set its clock/,
  );
  assert.deepEqual(found(ago(25 * 3_600)), []);
});

test('a disk is reported once per machine, and closes above the threshold at which it opened', () => {
  const disk = (free: number, seconds = 5) => ({
    ...heartbeat(ago(seconds)),
    ...{ diskPath: '/home', diskFree: free * 1024 ** 3, diskSize: 100 * 1024 ** 3 },
  });
  const given = (...beats: ReturnType<typeof disk>[]) => facts({ heartbeats: beats });
  assert.deepEqual(keys(given(disk(11))), []);
  const [alert, ...others] = judge(given(disk(9, 6), disk(9)));
  assert.deepEqual(others, []);
  assert.match(alert?.message ?? '', /^host: 9\.0 GiB \(9 %\) left in \/home\./);
  assert.deepEqual(keys(given(disk(11)), 'disk host /home'), ['disk host /home']);
  assert.deepEqual(keys(given(disk(13)), 'disk host /home'), []);
  assert.deepEqual(keys(given(disk(9, 200), disk(50))), [], 'a dead process says nothing about today');
});

test('a canary that no live worker takes opens an alert, unless the queue is paused or busy', () => {
  const canary = { queue: 'clip', since: ago(61), active: 0, isPaused: false };
  const given = (one: Partial<typeof canary>, beat = heartbeat(ago(5))) =>
    keys(facts({ canaries: [{ ...canary, ...one }], heartbeats: [beat] }));
  assert.deepEqual(given({}), ['unserved clip']);
  assert.deepEqual(given({ since: ago(59) }), []);
  assert.deepEqual(given({ active: 1 }), []);
  assert.deepEqual(given({ isPaused: true }), []);
  assert.deepEqual(given({ queue: 'captions' }), [], 'no process serves it');
  assert.deepEqual(given({}, heartbeat(ago(5), ago(10))), [], 'its worker waits for a dependency');
});

test('a database that was replaced by its replica is an alert that names what may be missing', () => {
  const [alert] = judge(facts({ takeover: { from: ago(20), to: ago(5) } }));
  assert.equal(alert && alertKey(alert), 'takeover PostgreSQL');
  assert.match(alert?.message ?? '', /between 2025-12-25 01:59:40 and 2025-12-25 01:59:55/);
});
