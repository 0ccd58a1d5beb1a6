import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { matchesGlob } from 'node:path';
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

const catalogue = 'packages/queue/src/jobs.ts';

/** Where else a file may name a job: a job's title, and an example in a command's help. */
const allowed: [files: string, place: RegExp][] = [
  ['packages/words/src/{english,chinese}/jobs.ts', /'job\.\w+':/g],
  ['apps/cli/src/program.ts', /^ {2}mycelium (run|backfill) \w+ /g],
  ['apps/cli/src/commands/*.ts', /, such as \w+/g],
];

const withoutAllowed = (file: string, line: string) =>
  allowed.reduce(
    (text, [files, place]) => (matchesGlob(file, files) ? text.replaceAll(place, '') : text),
    line,
  );

/** An id that is also an ordinary word counts only as a string, and not as the name of a command. */
const mentions = (id: string) =>
  id.includes('_') ? new RegExp(`\\b${id}\\b`) : new RegExp(`(?<!Command\\()(['"])${id}\\1`);

const files = globSync('{apps,packages}/*/{src,web}/**/*.{ts,tsx}', { cwd: root }).filter(
  (file) => !file.endsWith('.test.ts') && !/(^|\/)testing[/.-]/.test(file) && file !== catalogue,
);

test('a job is named only in the catalogue and in the worker that owns it', () => {
  assert.ok(files.length > 300, `only ${files.length} files were found`);
  const found = files.flatMap((file) => {
    const lines = readFileSync(`${root}${file}`, 'utf8').split('\n');
    return jobNames
      .filter((id) => !file.startsWith(owners[jobs[id].queue]))
      .flatMap((id) =>
        lines.flatMap((line, n) =>
          mentions(id).test(withoutAllowed(file, line)) ? [`${file}:${n + 1} names ${id}`] : [],
        ),
      );
  });
  assert.deepEqual(found, [], 'ask the catalogue instead: entryOf, imageJobs, startupJob, backfillJob …');
});

test('a help names a job only in an example', () => {
  const command = 'apps/cli/src/commands/run.ts';
  assert.equal(withoutAllowed(command, "'job to run, such as embed_batch; see'"), "'job to run; see'");
  assert.match(withoutAllowed(command, "if (job === 'embed_batch')"), mentions('embed_batch'));
  assert.match(withoutAllowed('apps/cli/src/backfill.ts', ', such as embed_batch'), mentions('embed_batch'));
});

test('a job has one English title', () => {
  const titles: Record<string, string> = english;
  for (const id of jobNames) {
    if (titles[`job.${id}`]) assert.equal(jobs[id].title, titles[`job.${id}`]);
  }
});
