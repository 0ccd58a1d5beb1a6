import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { childEnvironment } from '@mycelium/config';
import type { TestFarm } from './farm.ts';

const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname;

export interface Step {
  job: string;
  day: string;
  slot: string | null;
  rooms: string[];
  reason: string;
  images: number;
}

export interface BackfillRange {
  job: 'daily_env_stats' | 'daily_clip_inference';
  from: string;
  to: string;
  rooms?: string[];
  only?: string;
}

export interface FullPlan {
  steps: Step[];
  lookedAt: string | null;
  unreadable: number;
  examples: { key: string }[];
  gone: number;
  emptyDays: string[];
}

/** One way for an operator to act. `refused` is the sentence it shows. */
export interface Surface {
  name: string;
  actor: RegExp;
  run(job: string, choice: { day?: string; slot?: string }): Promise<{ slot: string } | { refused: string }>;
  plan(range: BackfillRange): Promise<Step[]>;
  fullPlan(range: BackfillRange): Promise<FullPlan | { refused: string }>;
  /** Plans the backfill, then runs that plan. */
  backfill(range: BackfillRange): Promise<{ plan: Step[] }>;
  retryFailed(): Promise<void>;
  releaseReadings(device: string): Promise<number>;
  discardReadings(device: string): Promise<number>;
  release(keys: string[]): Promise<{ released: number; left: { key: string; reason: string }[] }>;
  pause(job: string): Promise<{ refused: string } | object>;
}

export function commandLine({ env }: TestFarm): Surface {
  const mycelium = (...args: string[]) =>
    new Promise<{ code: number; answer: ReturnType<typeof JSON.parse>; err: string }>((resolve) => {
      execFile(
        process.execPath,
        [main, ...args, '--json'],
        { env: childEnvironment(env) },
        (error, out, err) =>
          resolve({ code: error ? Number(error.code) : 0, answer: out && JSON.parse(out), err: err.trim() }),
      );
    });
  const options = ({ from, to, rooms, only }: BackfillRange) => [
    ...['--from', from, '--to', to],
    ...(rooms ? ['--room', ...rooms] : []),
    ...(only ? ['--only', only] : []),
  ];
  return {
    name: 'the command line',
    actor: /^.+@.+$/,
    async run(job, { day, slot }) {
      const chosen = [...(day ? ['--day', day] : []), ...(slot ? ['--slot', slot] : [])];
      const { code, answer, err } = await mycelium('run', job, ...chosen);
      if (code === 0) return { slot: answer.slot };
      assert.equal(code, 2, err);
      return { refused: err };
    },
    async plan(range) {
      const { code, answer, err } = await mycelium('backfill', range.job, ...options(range), '--dry-run');
      assert.equal(code, 0, err);
      return answer.plan;
    },
    async fullPlan(range) {
      const { code, answer, err } = await mycelium('backfill', range.job, ...options(range), '--dry-run');
      if (code === 0) return { ...answer, steps: answer.plan };
      assert.equal(code, 2, err);
      return { refused: err };
    },
    async backfill(range) {
      const { code, answer, err } = await mycelium('backfill', range.job, ...options(range));
      assert.equal(code, 0, err);
      return answer;
    },
    async retryFailed() {
      const { answer } = await mycelium('failed', 'list');
      assert.equal((await mycelium('failed', 'retry', answer[0].id)).code, 0);
    },
    releaseReadings: async (device) =>
      (await mycelium('quarantine', 'readings', 'release', device)).answer.released,
    discardReadings: async (device) =>
      (await mycelium('quarantine', 'readings', 'discard', device)).answer.discarded,
    async release(keys) {
      const { answer } = await mycelium('quarantine', 'retry', ...keys);
      return { released: answer.released.length, left: answer.left };
    },
    async pause(job) {
      const { code, answer, err } = await mycelium('schedules', 'pause', job);
      return code === 0 ? answer : { refused: err };
    },
  };
}

export function consoleApi({ send }: TestFarm): Surface {
  const post = async (url: string, payload: object = {}) => {
    const response = await send({ method: 'POST', url, payload });
    return { status: response.statusCode, answer: response.json() };
  };
  const dryRun = async ({ job, only = 'all', ...range }: BackfillRange) => {
    const what = job === 'daily_env_stats' ? 'readings' : 'images';
    const request = { what, only, ...range };
    return { request, ...(await post('/api/backfill', { ...request, dryRun: true })) };
  };
  const plan = async (range: BackfillRange) => {
    const { request, status, answer } = await dryRun(range);
    assert.equal(status, 200, JSON.stringify(answer));
    return { request, steps: answer.steps as Step[] };
  };
  return {
    name: 'the console',
    actor: /^local$/,
    async run(job, choice) {
      const { status, answer } = await post(`/api/jobs/${job}/run`, choice);
      if (status === 200) return { slot: answer.slot };
      assert.equal(status, 400, JSON.stringify(answer));
      assert.match(answer.code, /^refused\./);
      return { refused: answer.error };
    },
    plan: async (range) => (await plan(range)).steps,
    async fullPlan(range) {
      const { status, answer } = await dryRun(range);
      if (status === 200) return answer;
      assert.equal(status, 400, JSON.stringify(answer));
      return { refused: answer.error };
    },
    async backfill(range) {
      const { request, steps } = await plan(range);
      const { status, answer } = await post('/api/backfill', { ...request, steps, dryRun: false });
      assert.equal(status, 200, JSON.stringify(answer));
      return { plan: steps };
    },
    async retryFailed() {
      const { runs } = (await send({ url: '/api/runs?status=failed' })).json();
      const { status, answer } = await post(`/api/runs/${runs[0].id}/retry`);
      assert.equal(status, 200, JSON.stringify(answer));
    },
    releaseReadings: async (device) =>
      (await post('/api/quarantine/readings/release', { devices: [device] })).answer.released,
    discardReadings: async (device) =>
      (await post('/api/quarantine/readings/discard', { devices: [device] })).answer.discarded,
    async release(keys) {
      const { answer } = await post('/api/quarantine/retry', { keys });
      return { released: answer.retried, left: answer.left };
    },
    async pause(job) {
      const { status, answer } = await post(`/api/jobs/${job}/pause`);
      return status === 200 ? answer : { refused: answer.error };
    },
  };
}
