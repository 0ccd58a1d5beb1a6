/** Does the work now, and again the given number of seconds after each round. `stop` waits for the current round. */
export function repeat(seconds: number, work: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current = round();

  async function round(): Promise<void> {
    await work();
    if (stopped) return;
    timer = setTimeout(() => {
      current = round();
    }, seconds * 1_000);
  }

  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
