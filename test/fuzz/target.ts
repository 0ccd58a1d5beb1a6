import fc from 'fast-check';

/** An input that is attacked with generated cases. */
export interface Target {
  id: string;
  title: string;
  /** How many of the 10 million cases of a full run. */
  cases: number;
  /** @returns what tries one generated case; it throws when the program answered wrongly */
  open(t: TestContext): Promise<Attack>;
}

export interface TestContext {
  after(release: () => unknown): void;
}

export interface Attack {
  input: fc.Arbitrary<unknown>;
  /** @throws Error if the input breaks what the target promises */
  attempt(input: unknown): unknown;
}

/** Types the input, and lets the errors pass that a wrong input is meant to give. */
export function attack<Input>(
  input: fc.Arbitrary<Input>,
  attempt: (input: Input) => unknown,
  isExpected: (error: Error) => boolean = () => false,
): Attack {
  const judge = (error: unknown) => {
    if (!(error instanceof Error) || !isExpected(error)) throw error;
  };
  return {
    input,
    attempt(given) {
      try {
        const result = attempt(given as Input);
        return result instanceof Promise ? result.catch(judge) : result;
      } catch (error) {
        return judge(error);
      }
    },
  };
}

/** Longer than this is a hang. */
const slowestAllowed = 1_000;

export interface Attacked {
  id: string;
  cases: number;
  seconds: number;
  slowestMillis: number;
  seed: number;
  /** The smallest input that breaks it, and how; undefined if none was found. */
  broken: string | undefined;
}

export async function attackTarget(
  target: Target,
  cases: number,
  seed: number,
  t: TestContext,
): Promise<Attacked> {
  const { input, attempt } = await target.open(t);
  let slowestMillis = 0;
  const began = performance.now();
  const property = fc.asyncProperty(input, async (given) => {
    const start = performance.now();
    const result = attempt(given);
    if (result instanceof Promise) await result;
    const took = performance.now() - start;
    slowestMillis = Math.max(slowestMillis, took);
    if (took > slowestAllowed) throw new Error(`took ${took.toFixed(0)} ms`);
  });
  const details = await fc.check(property, { numRuns: cases, seed });
  const { counterexample, errorInstance } = details;
  return {
    id: target.id,
    cases: details.numRuns,
    seconds: (performance.now() - began) / 1_000,
    slowestMillis,
    seed,
    broken: details.failed
      ? `${fc.stringify(counterexample).slice(0, 500)}: ${errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message).slice(0, 800) : errorInstance}`
      : undefined,
  };
}
