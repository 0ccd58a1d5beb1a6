import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join, matchesGlob, relative } from 'node:path';
import { test } from 'node:test';
import { dockerStages, read, root } from './deploy-files.ts';
import { importedFiles } from './tools/imported-files.ts';

const ignored = read('.dockerignore').split('\n').filter(Boolean);

/** Whether docker build sees a file: neither it nor a folder above it is ignored. */
function isSent(path: string): boolean {
  const parts = path.split('/');
  return !parts.some((_, n) => ignored.some((glob) => matchesGlob(parts.slice(0, n + 1).join('/'), glob)));
}

/** The files of a program that its image does not contain, with the files that refer to them. */
function missingFrom(stage: string, program: string, sent = isSent): string[] {
  const copied = [...stage.matchAll(/^COPY (\S+\/) \1$/gm)].map(([, folder = '']) => folder);
  return [...importedFiles(join(root, program))].flatMap(([file, by]) => {
    assert.ok(existsSync(file), `${by} refers to ${file}, which does not exist`);
    const path = relative(root, file);
    const contained = copied.some((folder) => path.startsWith(folder)) && sent(path);
    return contained ? [] : [`${path}, for ${relative(root, by)}`];
  });
}

const programs = [...dockerStages.values()].flatMap((stage) => {
  const program = /^(?:CMD|ENTRYPOINT) \["node", "(\S+)"/m.exec(stage)?.[1];
  return program ? [{ stage, program }] : [];
});

test('an image contains every file that its program imports', () => {
  assert.ok(programs.length >= 6);
  for (const { stage, program } of programs) {
    assert.deepEqual(missingFrom(stage, program), [], program);
  }
});

test('a file that is ignored or not copied is missing', () => {
  const { stage, program } = programs.find((one) => one.program.includes('/worker-clip/')) ?? assert.fail();
  const process = 'packages/encoder/src/clip/clip-process.ts, for packages/encoder/src/clip/model-process.ts';
  assert.deepEqual(
    missingFrom(stage, program, (path) => !path.endsWith('/clip-process.ts')),
    [process],
  );
  const withoutPackages = stage.replace('COPY packages/ packages/', '');
  assert.ok(missingFrom(withoutPackages, program).includes(process));
});

test('an ignored folder hides what is in it, at any depth for **', () => {
  assert.equal(isSent('packages/encoder/src/testing/index.ts'), false);
  assert.equal(isSent('packages/queue/src/testing.ts'), false);
  assert.equal(isSent('secrets/redis_url'), false);
  assert.equal(isSent('packages/config/src/secrets/read.ts'), true);
});
