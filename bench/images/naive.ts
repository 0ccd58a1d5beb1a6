import { fork } from 'node:child_process';
import { once } from 'node:events';

/** Starts the naive loop; `run` returns the seconds that it took for these files. */
export async function startNaive(settings: {
  model: string;
  dtype: string;
  databaseUrl: string;
  text: string;
}) {
  const child = fork(new URL('./naive-loop.ts', import.meta.url), [JSON.stringify(settings)]);
  const died = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the naive loop ended: ${code}`)),
  );
  died.catch(() => {});
  const answer = () => Promise.race([once(child, 'message'), died]);
  await answer();
  return {
    async run(files: string[]): Promise<number> {
      child.send(files);
      const [seconds] = await answer();
      return seconds;
    },
    async stop() {
      child.kill('SIGKILL');
      await died.catch(() => {});
    },
  };
}
