import { createInterface } from 'node:readline/promises';

/** Whether a person can be asked: both ends are a terminal. */
export const canAsk = () => process.stdin.isTTY === true && process.stdout.isTTY === true;

/** @returns whether the answer is yes */
export async function ask(question: string, signal?: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await lines.question(`${question} [y/N] `, signal ? { signal } : {});
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
