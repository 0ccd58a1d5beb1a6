import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment, readConfig, requireSettings } from '@mycelium/config';
import {
  accountForSlot,
  createLedger,
  findRun,
  type Pool,
  quarantine,
  recordHeartbeat,
} from '@mycelium/database';
import { addReadings, createTestDatabase, settleBefore } from '@mycelium/database/testing';
import { createQueues, enqueueSlot, type QueueConnection, slotForDay, startWorker } from '@mycelium/queue';
import { handlersOf, testRedis } from '@mycelium/queue/testing';
import { runCommand } from './program.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));
const silent = { info() {}, warn() {}, error() {} };

type Environment = ReturnType<typeof childEnvironment>;

function mycelium(env: Environment, ...args: string[]) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [main, ...args], { env }, (error, out, err) => {
      resolve({ code: error ? Number(error.code) : 0, out, err });
    });
  });
}

test('with its own database and queues', async (t) => {
  let pool: Pool;
  let connection: QueueConnection;
  let env: Environment;

  before(async () => {
    const database = await createTestDatabase(t);
    pool = database;
    connection = testRedis(t);
    env = childEnvironment({
      MYCELIUM_HOME: await mkdtemp(join(tmpdir(), 'mycelium-cli-')),
      DATABASE_URL: database.url,
      REDIS_URL: requireSettings(readConfig(), 'REDIS_URL').REDIS_URL,
      REDIS_PREFIX: connection.prefix,
      TZ: 'Asia/Shanghai',
      IMAGE_DIR: tmpdir(),
    });
  });

  await t.test('a job is run, watched and reported, in text and as JSON', async () => {
    await withStatistics(async () => {
      const { code, out } = await mycelium(
        env,
        'run',
        'daily_env_stats',
        '--day',
        '2025-12-24',
        '--wait',
        '--json',
      );
      assert.equal(code, 0);
      const run = JSON.parse(out);
      assert.equal(run.status, 'succeeded');
      assert.equal(run.slot, slotForDay('daily_env_stats', '2025-12-24', 'Asia/Shanghai').toISOString());
      assert.equal(run.report.day, '2025-12-24');

      const text = await mycelium(env, 'run', 'daily_env_stats', '--day', '2025-12-25', '--wait');
      assert.match(text.out, /Daily climate statistics: 0 rows written for 2025-12-25/);
      const runs = JSON.parse((await mycelium(env, 'runs', '--job', 'daily_env_stats', '--json')).out);
      assert.deepEqual(
        runs.map(({ status, cause }: { status: string; cause: string }) => `${status} ${cause}`),
        ['succeeded manual', 'succeeded manual'],
      );
    });
  });

  await t.test(
    'a job that fails ends with 1 and its reason; it is listed, retried, and discarded',
    async () => {
      const bad = Object.assign(new Error('the sensors are on strike'), { permanent: true });
      await withStatistics(async () => {
        const { code, err } = await mycelium(env, 'run', 'daily_env_stats', '--day', '2025-11-01', '--wait');
        assert.equal(code, 1);
        assert.match(err, /the sensors are on strike/);
      }, bad);
      const [listed] = JSON.parse((await mycelium(env, 'failed', '--json')).out);
      assert.equal(listed.reason, 'the sensors are on strike');
      const run = {
        job: 'daily_env_stats',
        slot: slotForDay('daily_env_stats', '2025-11-01', 'Asia/Shanghai'),
      };
      assert.equal((await findRun(pool, run.job, run.slot))?.status, 'failed');
      const retried = await withStatistics(async () => {
        const { out } = await mycelium(env, 'failed', 'retry', listed.id, '--json');
        await ended(run, 'succeeded');
        return JSON.parse(out);
      });
      assert.deepEqual(retried, { retried: [listed.id] });
      assert.equal((await findRun(pool, run.job, run.slot))?.attempts, 2, 'a new attempt of the same run');
      assert.equal((await mycelium(env, 'failed', '--json')).out.trim(), '[]');

      await withStatistics(async () => {
        await mycelium(env, 'run', 'daily_env_stats', '--day', '2025-11-01', '--wait');
      }, bad);
      assert.equal((await mycelium(env, 'failed', 'discard')).code, 2);
      assert.equal((await mycelium(env, 'failed', 'discard', 'nothing-of-the-kind')).code, 1);
      assert.equal((await mycelium(env, 'failed', 'discard', listed.id)).code, 0);
      assert.equal((await mycelium(env, 'failed', '--json')).out.trim(), '[]');
    },
  );

  await t.test('a backfill does what its dry run showed, and nothing when repeated', async () => {
    const days = ['--from', '2025-06-01', '--to', '2025-06-06'];
    const backfill = async (...more: string[]) =>
      JSON.parse((await mycelium(env, 'backfill', 'daily_env_stats', ...days, ...more, '--json')).out);
    await withStatistics(async () => {
      const dry = await backfill('--dry-run');
      assert.equal(dry.plan.length, 6);
      assert.deepEqual(dry.runs, []);
      const wet = await backfill();
      assert.deepEqual(wet.plan, dry.plan);
      assert.deepEqual(
        wet.runs.map(({ slot, status }: { slot: string; status: string }) => `${slot} ${status}`),
        dry.plan.map(({ slot }: { slot: string }) => `${slot} succeeded`),
      );
      assert.deepEqual((await backfill()).plan, []);
      assert.equal((await backfill('--only', 'all', '--dry-run')).plan.length, 6);
    });
  });

  await t.test('a run is only for a past day or a scheduled time', async () => {
    const mistakes: [string[], RegExp][] = [
      [['--day', '2999-01-01'], /not over yet/],
      [['--slot', '2025-12-24T17:03:21Z'], /is not due at .*\. The slot before that is 2025-12-24T17:03:20/],
      [['--slot', '2999-01-01T17:03:20Z'], /has not come yet/],
    ];
    for (const [args, message] of mistakes) {
      const { code, err } = await mycelium(env, 'run', 'daily_env_stats', ...args);
      assert.equal(code, 2);
      assert.match(err, message);
    }
  });

  await t.test('a job that no worker takes is reported and stays in the queue', async () => {
    const { code, err } = await mycelium(env, 'run', 'hourly_setpoint_monitoring', '--wait');
    assert.equal(code, 1);
    assert.match(err, /No worker of the queue "setpoint" seems to be running/);
  });

  await t.test('a backfill without a worker counts what is still queued and what is not', async () => {
    const days = ['--from', '2025-07-01', '--to', '2025-07-06'];
    const { code, out } = await mycelium(env, 'backfill', 'hourly_setpoint_monitoring', ...days);
    assert.equal(code, 1);
    assert.match(out, /0 succeeded, 0 failed, 4 still queued, 2 not queued\./);
    const queues = createQueues(connection);
    await queues.of('hourly_setpoint_monitoring').obliterate({ force: true });
    await Promise.all(queues.all.map((queue) => queue.close()));
  });

  await t.test('an image backfill without a store plans the nights that have not succeeded', async () => {
    const args = [
      'backfill',
      'daily_clip_inference',
      '--from',
      '2025-07-01',
      '--to',
      '2025-07-02',
      '--dry-run',
    ];
    for (const [folder, why] of [
      ['', /no image store is set here/],
      ['/nowhere/images', /folder \/nowhere\/images does not answer/],
    ] as const) {
      const { out, err } = await mycelium({ ...env, S3_ENDPOINT: '', IMAGE_DIR: folder }, ...args);
      assert.match(err, /The images were not listed/);
      assert.match(err, why);
      assert.match(out, /2 runs planned/);
    }
  });

  await t.test('a room that does not exist is an error that names the known rooms', async () => {
    const day = '2025-06-01';
    const range = ['--from', day, '--to', day];
    for (const args of [
      ['backfill', 'daily_clip_inference', ...range, '--dry-run'],
      ['batch-all', '--date-filter', '20250601'],
      ['export', 'stats', ...range],
      ['points', 'list'],
    ]) {
      const { code, err } = await mycelium(env, ...args, '--room', 'nowhere');
      assert.equal(code, 2, args.join(' '));
      assert.match(err, /There is no room nowhere\. Known rooms: /);
    }
  });

  await t.test('Ctrl-C in a backfill explains what continues, and exits as shells expect', async () => {
    const args = ['backfill', 'hourly_setpoint_monitoring', '--from', '2025-07-01', '--to', '2025-07-06'];
    const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    const queues = createQueues(connection);
    while ((await queues.of('hourly_setpoint_monitoring').getWaitingCount()) < 4) await wait(50);
    child.kill('SIGINT');
    const [code] = await once(child, 'exit');
    assert.equal(code, 130);
    assert.match(err, /4 queued runs will continue without this command; 2 runs not queued yet/);
    assert.match(err, /Run the same command again to resume/);
    await queues.of('hourly_setpoint_monitoring').obliterate({ force: true });
    await Promise.all(queues.all.map((queue) => queue.close()));
  });

  await t.test('a list of failed jobs that is cut short shows how many there are', async () => {
    const queues = createQueues({ ...connection, redis: connection.forWorker() });
    const queue = queues.of('daily_env_stats');
    await queue.pause();
    for (const day of ['2025-08-01', '2025-08-02', '2025-08-03']) {
      await enqueueSlot(
        queues,
        'daily_env_stats',
        slotForDay('daily_env_stats', day, 'Asia/Shanghai'),
        'manual',
        {},
      );
    }
    await withStatistics(
      async () => {
        await queue.resume();
        while ((await queue.getFailedCount()) < 3) await wait(50);
      },
      Object.assign(new Error('no'), { permanent: true }),
    );
    const { err, out } = await mycelium(env, 'failed', 'list', '--limit', '2', '--json');
    assert.equal(JSON.parse(out).length, 2);
    assert.match(err, /Showing 2 of 3 failed jobs/);
    await queue.obliterate({ force: true });
    await queues.close();
  });

  await t.test('an unregistered schedule cannot be paused', async () => {
    assert.equal((await mycelium(env, 'schedules', 'pause', 'daily_env_stats')).code, 1);
    const schedules = JSON.parse((await mycelium(env, 'schedules', '--json')).out);
    assert.deepEqual(
      schedules.map(({ id }: { id: string }) => id),
      [
        'create_tables',
        'daily_env_stats',
        'hourly_setpoint_monitoring',
        'daily_clip_inference',
        'settle_readings',
        'prune',
      ],
    );
  });

  await t.test('schedules show how their slots ended, how late, and what a worker waits for', async () => {
    const [now, hour] = [Date.now(), 3_600_000];
    const job = 'hourly_setpoint_monitoring';
    await accountForSlot(pool, { job, slot: new Date(now - 4 * hour) }, 'coalesced');
    await accountForSlot(pool, { job, slot: new Date(now - 3 * hour) }, 'missed');
    const last = { job, slot: new Date(now - 100_000) };
    const ledger = createLedger(pool, 'test');
    const begun = await ledger.begin({ ...last, cause: 'schedule', request: '1' });
    assert.ok('lease' in begun);
    await ledger.end(begun.lease, last, { status: 'succeeded', report: {} });
    const process = 'worker-setpoint@here#1';
    const trouble = () => 'postgres: no answer';
    await recordHeartbeat(pool, { process, service: 'worker-setpoint', host: 'here', trouble });

    const { out, err } = await mycelium(env, 'schedules');
    assert.match(out, /1 ran, 1 coalesced, 1 missed/);
    assert.match(out, /10\d s late/);
    assert.match(err, /worker-setpoint@here#1 has been waiting since .*: postgres: no answer/);
    const rows = JSON.parse((await mycelium(env, 'schedules', '--json')).out);
    const row = rows.find(({ id }: { id: string }) => id === job);
    assert.deepEqual(row.slots, { days: 7, ran: 1, coalesced: 1, missed: 1, paused: 0 });
    assert.ok(row.lastRun.lateness >= 100);
    assert.equal(row.heldBack[0].trouble, 'postgres: no answer');
  });

  await t.test('readings are imported once; a bad line is reported with its number', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'mycelium-cli-')), 'readings.csv');
    await writeFile(
      file,
      'time,room,device,point,value\n' +
        '2025-12-24T00:00:00Z,611,mushroom_env_status_611,temperature,18.4\n' +
        '2025-12-24T00:01:00Z,611,mushroom_env_status_611,temperature,warm\n',
    );
    const first = await mycelium(env, 'import', 'readings', file, '--json');
    assert.equal(first.code, 1);
    assert.match(first.err, /readings\.csv:3: /);
    assert.equal(JSON.parse(first.out)[0].inserted, 1);
    const again = await mycelium(env, 'import', 'readings', file, '--skip-bad', '--json');
    assert.equal(again.code, 0);
    assert.match(again.err, /readings\.csv:3: /);
    assert.equal(JSON.parse(again.out)[0].inserted, 0);
  });

  await t.test('a point gets another threshold, and its history shows when', async () => {
    const set = await mycelium(
      env,
      ...['points', 'set', 'air_cooler.temp_set', '--threshold', '0.3', '--from', '2025-12-24T00:00:00Z'],
    );
    assert.equal(set.code, 0, set.err);
    assert.match(set.out, /threshold 0\.3, from 2025-12-24 08:00/);
    const { rules } = JSON.parse(
      (await mycelium(env, 'points', 'history', 'air_cooler.temp_set', '--json')).out,
    );
    assert.deepEqual([rules.at(-2).threshold, rules.at(-1).threshold], [0.5, 0.3]);
    const wrong = await mycelium(env, 'points', 'set', 'fresh_air_fan.mode', '--threshold', '1');
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /only analog points have a threshold/);
    const listed = JSON.parse((await mycelium(env, 'points', 'list', '--room', '611', '--json')).out);
    assert.deepEqual(
      listed.map(({ room, point, kind }: Record<string, string>) => `${room} ${point} ${kind}`),
      ['611 temperature measurement'],
    );
  });

  await t.test('how a sensor behaves is set, listed with a star, and kept as versions', async () => {
    const co2 = 'mushroom_env_status.co2';
    const set = await mycelium(env, 'points', 'set', co2, '--ceiling', '5000', '--frozen-after', '8h');
    assert.match(set.out, /co2: ceiling 5000, frozen after 8 h, for all, from /);
    const back = await mycelium(env, 'points', 'set', co2, '--frozen-after', 'learned');
    assert.match(back.out, /co2: ceiling 5000, for all, from /);
    const history = JSON.parse((await mycelium(env, 'points', 'history', co2, '--json')).out);
    assert.deepEqual(
      history.sensors.map(({ frozenAfter }: { frozenAfter: number | null }) => frozenAfter),
      [28_800_000, null],
    );
    const one = ['points', 'set', 'mushroom_env_status.temperature', '--device', 'mushroom_env_status_611'];
    await mycelium(env, ...one, '--sampling', 'on-change', '--hold', '90min');
    const listed = await mycelium(env, 'points', 'list', '--room', '611');
    assert.match(listed.out, /on-change\*, holds 90 min\*/);
    const refusals: [string[], RegExp][] = [
      [one, /--device needs --sampling/],
      [[...one, '--sampling', 'regular', '--hold', '1h'], /a regular reading holds two intervals/],
      [[...one.slice(0, 4), 'mushroom_env_status_9', '--step', '1'], /no temperature of a device/],
      [['points', 'set', 'air_cooler.temp_set', '--step', '1'], /is not a climate sensor/],
      [['points', 'set', co2, '--hold', '3'], /such as 90min, 24h or 2d/],
      [['points', 'set', co2, '--step', '1', '--low', '2'], /Expected one of/],
    ];
    for (const [words, reason] of refusals) assert.match((await mycelium(env, ...words)).err, reason);
  });

  await t.test(
    'readings are exported to standard output, and to a file that is complete or missing',
    async () => {
      const days = ['--from', '2025-12-24', '--to', '2025-12-24'];
      const { out } = await mycelium(env, 'export', 'readings', ...days);
      assert.deepEqual(out.trim().split('\n'), [
        'time,room,device,point,value',
        '2025-12-24T00:00:00.000Z,611,mushroom_env_status_611,temperature,18.4',
      ]);
      const json = await mycelium(env, 'export', 'readings', ...days, '--format', 'json');
      assert.equal(JSON.parse(json.out)[0].value, 18.4);
      assert.equal((await mycelium(env, 'export', 'stats', ...days)).out.trim().split('\n').length, 1);
      const file = join(env.MYCELIUM_HOME as string, 'changes.parquet');
      const written = await mycelium(
        env,
        'export',
        'changes',
        ...days,
        '--format',
        'parquet',
        '--out',
        file,
        '--json',
      );
      assert.equal(JSON.parse(written.out).rows, 0);
      assert.equal((await readFile(file)).subarray(0, 4).toString(), 'PAR1');
      assert.equal(
        (await mycelium(env, 'export', 'stats', '--from', '2025-12-25', '--to', '2025-12-24')).code,
        2,
      );
    },
  );

  await t.test('quarantined images are released', async () => {
    const key = '611/20251224/611_1_20251218_20251224160000.jpg';
    const why = { reason: 'truncated', detail: 'ends early' };
    await quarantine(
      pool,
      ['a/b.jpg', key].map((each) => ({ key: each, ...why })),
    );
    const listed = JSON.parse((await mycelium(env, 'quarantine', '--json')).out);
    assert.deepEqual(listed.map((row: { key: string }) => row.key).sort(), [key, 'a/b.jpg']);
    assert.equal((await mycelium(env, 'quarantine', 'retry')).code, 2);
    const { code, out, err } = await mycelium(env, 'quarantine', 'retry', '--all', '--json');
    assert.equal(code, 1);
    assert.deepEqual(JSON.parse(out).released, [key]);
    assert.match(err, /a\/b\.jpg stays quarantined: it is not \{room\}/);
  });

  await t.test('the tables are verified, and the models listed', async () => {
    assert.deepEqual(JSON.parse((await mycelium(env, 'migrate', '--json')).out).applied, []);
    assert.deepEqual(JSON.parse((await mycelium(env, 'models', '--json')).out), { folders: [], stored: [] });
    assert.equal((await mycelium(env, 'models', 'use', 'nobody')).code, 1);
  });

  await t.test('doctor reports what it found', async () => {
    const findings = JSON.parse((await mycelium(env, 'doctor', '--json')).out);
    const of = (about: string) => findings.filter((finding: { about: string }) => finding.about === about);
    for (const about of ['Node', 'Redis', 'PostgreSQL', 'images', 'model', 'disk'])
      assert.ok(of(about).length > 0);
    assert.equal(of('model')[0].verdict, 'warning');
  });

  /** Runs a worker that writes no statistics, or fails permanently, during `work`. */
  async function withStatistics<T>(work: () => Promise<T>, failure?: Error): Promise<T> {
    const queues = createQueues({ ...connection, redis: connection.forWorker() });
    const worker = startWorker(
      'env-stats',
      handlersOf<'env-stats'>({
        async daily_env_stats(_, { run }) {
          if (failure) throw failure;
          return { day: run.day, written: 0, rooms: [], noData: [], failed: [] };
        },
      }),
      {},
      { connection, queues, ledger: createLedger(pool, 'test'), timeZone: 'Asia/Shanghai', logger: silent },
    );
    try {
      return await work();
    } finally {
      await worker.close();
      await queues.close();
    }
  }

  async function ended({ job, slot }: { job: string; slot: Date }, status: string) {
    for (let n = 0; n < 400; n++) {
      if ((await findRun(pool, job, slot))?.status === status) return;
      await wait(50);
    }
    assert.fail(`${job} did not end as ${status}`);
  }

  await t.test('readings are counted and deleted, settled or not', async () => {
    const hours = Array.from({ length: 48 }, (_, n) => [Date.UTC(2025, 11, 1, n), n] as const);
    await addReadings(pool, { room: '611', device: 'probe', point: 'co2' }, hours);
    await settleBefore(pool, '2025-12-02');
    const args = ['readings', 'delete', '--device', 'probe', '--json'];
    const counted = JSON.parse((await mycelium(env, ...args, '--dry-run')).out);
    assert.deepEqual(counted, { readings: 48, points: 1, dryRun: true });
    const early = JSON.parse((await mycelium(env, ...args, '--to', '2025-12-01T12:00:00Z')).out);
    assert.equal(early.readings, 12);
    const rest = JSON.parse((await mycelium(env, ...args)).out);
    assert.equal(early.readings + rest.readings, counted.readings);
    assert.equal(JSON.parse((await mycelium(env, ...args)).out).readings, 0);
    const { rows } = await pool.query(
      `select count(*)::int as n from audit where action = 'readings delete'`,
    );
    assert.deepEqual(rows, [{ n: 3 }]);
    const unnamed = await mycelium(env, 'readings', 'delete');
    assert.equal(unnamed.code, 2);
    assert.match(unnamed.err, /Expected --room, --device or --point/);
  });
});

test('every usage mistake exits with 2 and shows what was expected', async (t) => {
  let printed = '';
  t.mock.method(process.stderr, 'write', (text: string) => {
    printed += text;
    return true;
  });
  const mistakes: [string[], RegExp][] = [
    [['nonsense'], /unknown command/],
    [['run'], /missing required argument 'job'/],
    [['run', 'daily_env_stats', '--day', '2025-02-30'], /a day such as/],
    [
      ['run', 'daily_env_stats', '--day', '2025-02-03', '--slot', '2025-02-03T00:00:00Z'],
      /cannot be used with/,
    ],
    [['run', 'no_such_job'], /There is no job no_such_job\. Choose one of daily_env_stats/],
    [['recent', '--hours', '-1'], /a number above 0/],
    [['batch-all'], /--date-filter/],
    [['batch-all', '--date-filter', '20251301'], /a day such as 20251231/],
    [['validate', '--max-per-room', '0'], /a whole number of at least 1/],
    [['runs', '--status', 'well'], /Allowed choices/],
    [['search'], /--text, --image or --key/],
    [['search', '--text', 'a', '--key', 'b'], /cannot be used with/],
    [['import', 'images', 'folder'], /--room/],
  ];
  for (const [args, message] of mistakes) {
    printed = '';
    assert.equal(await runCommand(args), 2, args.join(' '));
    assert.match(printed, message);
  }
});

test('help and version exit with 0', async () => {
  const env = childEnvironment({});
  assert.match((await mycelium(env, '--version')).out, /^\d+\.\d+\.\d+\n$/);
  const help = await mycelium(env, '--help');
  assert.equal(help.code, 0);
  assert.match(help.out, /mycelium backfill/);
  const command = await mycelium(env, 'backfill', '--help');
  assert.equal(command.code, 0);
  assert.match(command.out, /--json/);
});

test('a wrong setting or a missing server gives one clear message', async () => {
  const home = { MYCELIUM_HOME: await mkdtemp(join(tmpdir(), 'mycelium-cli-')) };
  const wrong = await mycelium(childEnvironment({ ...home, CLIP_DEVICE: 'abacus' }), 'config');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /CLIP_DEVICE: read "abacus"/);

  const refused = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1' };
  for (const command of [['runs'], ['run', 'daily_env_stats']]) {
    const { code, err } = await mycelium(childEnvironment({ ...home, ...refused }), ...command);
    assert.equal(code, 1);
    assert.match(err, /npm start/);
    assert.doesNotMatch(err, /\n\s+at /);
  }
});
