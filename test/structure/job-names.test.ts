import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { jobNames, jobs, type QueueName } from '@mycelium/queue';
import { english } from '@mycelium/words';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The owner of each queue's jobs, where their handlers and names are. */
const owners: Record<QueueName, string> = {
  tables: 'apps/scheduler/src/',
  'env-stats': 'apps/worker-env-stats/src/',
  setpoint: 'apps/worker-setpoint/src/',
  clip: 'apps/worker-clip/src/',
  'clip-batch': 'apps/worker-clip/src/',
  captions: 'apps/worker-clip/src/',
};

const allowed: Record<string, string> = {
  'packages/queue/src/jobs.ts': 'the catalogue',
  'packages/words/src/english/jobs.ts': 'the titles of jobs',
  'packages/words/src/chinese/jobs.ts': 'the titles of jobs',
  'apps/cli/src/program.ts': 'examples in its help',
  'apps/cli/src/commands/run.ts': 'examples in its help',
  'apps/cli/src/commands/backfill.ts': 'examples in its help',
  'apps/cli/src/commands/schedules.ts': 'examples in its help',
};

/** An id that is also an ordinary word counts only as a string, and not as the name of a command. */
const mentions = (id: string) =>
  id.includes('_') ? new RegExp(`\\b${id}\\b`) : new RegExp(`(?<!Command\\()(['"])${id}\\1`);

const files = globSync('{apps,packages}/*/{src,web}/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts') && !/(^|\/)testing[/.-]/.test(file) && !(file in allowed),
);

test('a job is named only in the catalogue and in the worker that owns it', () => {
  assert.ok(files.length > 300, `only ${files.length} files were found`);
  const found = files.flatMap((file) => {
    const lines = readFileSync(`${root}${file}`, 'utf8').split('\n');
    return jobNames
      .filter((id) => !file.startsWith(owners[jobs[id].queue]))
      .flatMap((id) =>
        lines.flatMap((line, n) => (mentions(id).test(line) ? [`${file}:${n + 1} names ${id}`] : [])),
      );
  });
  assert.deepEqual(found, [], 'ask the catalogue instead: entryOf, imageJobs, startupJob, backfillJob …');
});

test('a job has one English title', () => {
  const titles: Record<string, string> = english;
  for (const id of jobNames) {
    if (titles[`job.${id}`]) assert.equal(jobs[id].title, titles[`job.${id}`]);
  }
});
