import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keepRunning } from './keep-running.ts';
import { ProcessFailed } from './processes.ts';

const failure = (what: string) => new ProcessFailed('Redis', what, '', '');

/** A process that crashes on demand; `fails` of its starts go wrong, from the second on. Time passes at once. */
async function keep(fails = 0) {
  let time = 0;
  const printed: string[] = [];
  const pauses: number[] = [];
  const events: string[] = [];
  let crashed: (failure: ProcessFailed) => void = () => {};
  let started = 0;
  const { stop } = await keepRunning({
    name: 'Redis',
    start: async ({ onUnexpectedExit }) => {
      started++;
      if (started > 1 && fails-- > 0) throw failure('did not start');
      crashed = onUnexpectedExit;
      return { stop: async () => void events.push('stopped') };
    },
    onRestart: (sentence) => printed.push(sentence),
    onGivenUp: ({ message }) => events.push(`given up: ${message}`),
    now: () => time,
    wait: async (ms) => {
      pauses.push(ms / 1_000);
      time += ms;
    },
  });
  /** Crashes this long after the last one. */
  const crash = async (secondsLater = 1) => {
    time += secondsLater * 1_000;
    crashed(failure('was ended by SIGKILL'));
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { stop, printed, pauses, events, crash, started: () => started };
}

test('a process that crashes runs again after a second, and says so', async () => {
  const { crash, pauses, printed, started, events } = await keep();
  await crash();
  assert.deepEqual([started(), pauses], [2, [1]]);
  assert.match(printed.join('\n'), /ended by SIGKILL.*Restarting Redis in 1 s\.\nRedis runs again\.$/s);
  assert.deepEqual(events, []);
});

test('the pauses grow, and after five crashes in ten minutes it is given up', async () => {
  const { crash, pauses, started, events } = await keep();
  for (let n = 0; n < 6; n++) await crash(60);
  assert.deepEqual(pauses, [1, 2, 4, 8, 16]);
  assert.equal(started(), 6);
  assert.match(String(events), /^given up: Redis was ended by SIGKILL/);
});

test('a crash now and then is never too often', async () => {
  const { crash, pauses, started, events } = await keep();
  for (let n = 0; n < 12; n++) await crash(601);
  assert.equal(started(), 13);
  assert.deepEqual(new Set(pauses), new Set([1]));
  assert.deepEqual(events, []);
});

test('a restart that fails counts as a crash', async () => {
  const { crash, pauses, started, events, printed } = await keep(2);
  await crash();
  assert.deepEqual([started(), pauses], [4, [1, 2, 4]]);
  assert.match(printed.join('\n'), /did not start.*in 2 s.*did not start.*in 4 s.*runs again/s);
  assert.deepEqual(events, []);
});

test('what is stopped while it waits for its restart stays down', async () => {
  const { crash, stop, started, events } = await keep();
  const crashing = crash();
  await stop();
  await crashing;
  assert.equal(started(), 1);
  assert.deepEqual(events, ['stopped']);
});
