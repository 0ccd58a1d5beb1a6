/**
 * `npm test`: lint, types, import rules and wording, and then every test in one run of Node's test runner, on servers
 * of its own unless DATABASE_URL and REDIS_URL name others. Words after `npm test --` pick the test files whose path
 * contains one of them.
 */
import '@mycelium/config/compile-cache'; // for the processes it starts
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describeConfig, readConfig } from '@mycelium/config';
import { discardHome, type Services, startServices, writeHomeEnv } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.abort());

const words = process.argv.slice(2);
/** The long ones first: they would run alone at the end. */
const folders = ['test/{browser,chaos}', 'test', 'apps', 'packages'];
const inFolder = (folder: string) => globSync(`${folder}/**/*.test.ts`, { exclude: ['**/node_modules/**'] });
const files = [...new Set(folders.flatMap((folder) => inFolder(folder).sort()))].filter(
  (file) => words.length === 0 || words.some((word) => file.includes(word)),
);
process.exitCode = await main();

async function main(): Promise<number> {
  if (files.length === 0) {
    console.error(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.`);
    return 1;
  }
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  let services: Services | undefined;
  try {
    const checks = runChecks();
    services = await startServers(home).catch(async (error) => {
      interrupted.abort();
      await checks;
      throw error;
    });
    const checksPassed = await checks;
    const testsPassed = !interrupted.signal.aborted && (await runTests(home));
    if (interrupted.signal.aborted) return 130;
    // After a successful run, Node's counts are the last lines.
    if (!checksPassed)
      console.error('\nLint, types, import rules or wording failed: see above, before the tests.');
    return checksPassed && testsPassed ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted && (error as Error).name === 'AbortError') return 130;
    console.error(error instanceof Error ? error.message : error);
    return 1;
  } finally {
    await services?.stop();
    await discardHome(home);
  }
}

async function startServers(home: string): Promise<Services> {
  const startedAt = Date.now();
  const given = new Set(
    describeConfig()
      .filter(({ source }) => source !== 'default' && source !== 'npm start') // never test on a running farm
      .map(({ name }) => name),
  );
  const services = await startServices({
    home,
    redis: !given.has('REDIS_URL'),
    postgres: !given.has('DATABASE_URL'),
    durable: false,
    onProgress: (message) => console.log(`${message} …`),
    onUnexpectedExit: (failure) => console.error(failure.message),
    signal: interrupted.signal,
  });
  const { redisUrl, databaseUrl } = services;
  await writeHomeEnv(home, {
    ...(redisUrl && { REDIS_URL: redisUrl }),
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
  });
  const whose = (url: string | undefined) => (url ? 'started here' : 'the given one');
  console.log(`Redis: ${whose(redisUrl)}; PostgreSQL: ${whose(databaseUrl)} (${seconds(startedAt)})`);
  return services;
}

async function runChecks(): Promise<boolean> {
  const startedAt = Date.now();
  console.log('Checking lint, types, import rules and wording …');
  const passed = await succeeds('env', [
    ...['TURBO_TELEMETRY_DISABLED=1', 'TURBO_NO_UPDATE_NOTIFIER=1'],
    ...[
      'turbo',
      'run',
      'lint',
      'types',
      'boundaries',
      'words',
      'unused',
      '--continue',
      '--output-logs=errors-only',
    ],
  ]);
  console.log(
    `Lint, types, import rules and wording ${passed ? 'passed' : 'failed'} (${seconds(startedAt)})`,
  );
  return passed;
}

function runTests(home: string): Promise<boolean> {
  console.log(`Running ${files.length} test files …`);
  // One more than the number of cores, since some tests mostly wait.
  const concurrency = Math.min(Math.max(availableParallelism() + 1, 3), 5);
  return succeeds('env', [
    `MYCELIUM_HOME=${home}`, // where the tests find the servers, and nothing of a running farm
    ...[process.execPath, '--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`],
    '--test-timeout=600000', // a test that hangs is a failure, not an endless run
    ...files,
  ]);
}

function succeeds(command: string, args: string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'inherit' });
  interrupted.signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code === 0));
  });
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`;
}
