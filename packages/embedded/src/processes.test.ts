import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from './port.ts';
import { processIdentity } from './process-identity.ts';
import { ProcessFailed, type ProcessOptions, startProcess } from './processes.ts';
import { endStaleServer } from './stale-server.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mycelium-processes-'));
});
after(() => rm(folder, { recursive: true }));

const program = (name: string, code: string): ProcessOptions => ({
  name,
  command: process.execPath,
  args: ['--eval', code],
  logFile: join(folder, `${name}.log`),
});

test('a process is ready when its health address answers', async () => {
  const port = await freePort();
  const slow = `setTimeout(() => require('http').createServer((_, answer) => answer.end()).listen(${port}, '127.0.0.1'), 100)`;
  const worker = await startProcess({
    ...program('worker', slow),
    healthUrl: `http://127.0.0.1:${port}/readyz`,
  });
  await worker.ready;
  assert.ok((await fetch(`http://127.0.0.1:${port}`)).ok);
  await worker.stop();
  await assert.rejects(fetch(`http://127.0.0.1:${port}`));
});

test('the error of a process that ends before it is ready includes the reason', async () => {
  const failing = `console.error('no model in /models'); process.exit(3)`;
  const worker = await startProcess({ ...program('failing', failing), healthUrl: 'http://127.0.0.1:9/' });
  await assert.rejects(worker.ready, (error) => {
    assert.ok(error instanceof ProcessFailed);
    assert.equal(
      error.message,
      `failing ended with exit code 3. The last lines of ${folder}/failing.log:\nno model in /models`,
    );
    return true;
  });
});

test('a program that does not exist fails and is not waited for', async () => {
  const worker = await startProcess({
    ...program('missing', ''),
    command: join(folder, 'nowhere'),
    healthUrl: 'http://127.0.0.1:9/',
  });
  await assert.rejects(worker.ready, /nowhere|ENOENT/);
  await worker.stop();
});

test('an unexpected exit is reported, a requested one is not', async () => {
  const reported: string[] = [];
  const onUnexpectedExit = (failure: ProcessFailed) => reported.push(failure.message);
  const ordered = await startProcess({
    ...program('ordered', 'setInterval(() => {}, 1000)'),
    onUnexpectedExit,
  });
  await ordered.stop();
  const crash = Promise.withResolvers<ProcessFailed>();
  await startProcess({
    ...program('crash', 'process.kill(process.pid, "SIGSEGV")'),
    onUnexpectedExit: crash.resolve,
  });
  assert.match((await crash.promise).message, /^crash was ended by SIGSEGV\. It wrote nothing/);
  assert.deepEqual(reported, []);
});

test('a process that ignores SIGTERM is killed after the deadline', async () => {
  const deaf = `process.on('SIGTERM', () => console.log('asked')); setInterval(() => {}, 1000); console.log('up')`;
  const worker = await startProcess({
    ...program('deaf', deaf),
    isReady: async () => (await log('deaf')).includes('up'),
  });
  await worker.ready;
  await worker.stop(100);
  assert.equal(await processIdentity(worker.pid), undefined);
  assert.match(await log('deaf'), /asked/);
});

const log = (name: string) => readFile(join(folder, `${name}.log`), 'utf8');

test('a process ends with its parent, however the parent ended', async () => {
  const parent = `
    import { startProcess } from ${JSON.stringify(new URL('./processes.ts', import.meta.url).href)};
    const child = await startProcess(${JSON.stringify(program('orphan', 'setInterval(() => {}, 1000)'))});
    console.log(child.pid);
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(child.stdout, 'data');
  assert.ok(await processIdentity(Number(pid)));
  child.kill('SIGKILL');
  while (await processIdentity(Number(pid))) await new Promise((resolve) => setTimeout(resolve, 20));
});

test('a log that has grown large is renamed at the next start', async () => {
  const file = join(folder, 'large.log');
  await writeFile(file, 'old');
  await truncate(file, 6 * 1024 * 1024);
  const worker = await startProcess(program('large', 'console.log("new")'));
  await worker.exited;
  assert.equal(await log('large'), 'new\n');
  assert.equal((await readFile(`${file}.1`)).length, 6 * 1024 * 1024);
});

test('our own stale server is stopped, and another process with its pid is left alone', async () => {
  const pidFile = join(folder, 'server.pid');
  const server = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)', '/farm/redis.conf'], {
    stdio: 'ignore',
  });
  await writeFile(pidFile, `${server.pid}\n`);
  const ended = once(server, 'exit');
  await endStaleServer({ pidFile, mark: '/garden/redis.conf', signals: ['SIGTERM'] });
  assert.equal(server.exitCode ?? server.signalCode, null);
  await endStaleServer({ pidFile, mark: '/farm/redis.conf', signals: ['SIGTERM'] });
  assert.deepEqual(await ended, [null, 'SIGTERM']);
});
