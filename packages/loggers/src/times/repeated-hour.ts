import type { Instants } from './instants.ts';
import { decidePasses, type Pass, type Twice } from './passes.ts';

interface Waiting<Row> {
  instants: Twice;
  row: Row;
}

interface Series<Row> {
  /** The last instant outside a repeated hour, and the last steps between such instants. */
  before?: number | undefined;
  steps: number[];
  waiting: Waiting<Row>[];
}

export interface RepeatedHours<Row> {
  /** @returns the row's instant, or undefined when later rows must decide it */
  push(instants: Instants, series: string, row: Row): number | undefined;
  /** Decides the rows that still wait. */
  end(): void;
}

const rememberedSteps = 32;
const oneDay = 86_400_000;
/** A row per second, twice an hour, and some. Garbage must not fill the memory. */
const mostWaiting = 20_000;

/**
 * Decides for the rows of a repeated hour which pass they belong to, series by series, from the rows around them. Rows
 * may be in order of time or newest first, and may stand twice.
 * @param decided receives a row with its instant, or with undefined when it cannot be decided
 * @param contentOf equal for a row and its copy
 * @param fallback the pass of the rows that cannot be decided
 */
export function createRepeatedHours<Row>(
  decided: (row: Row, instant: number | undefined) => void,
  contentOf: (row: Row) => string,
  fallback?: Pass,
): RepeatedHours<Row> {
  const all = new Map<string, Series<Row>>();
  return {
    push(instants, name, row) {
      let series = all.get(name);
      if (!series) {
        series = { steps: [], waiting: [] };
        all.set(name, series);
      }
      const { first, second } = instants;
      if (second !== undefined) {
        const other = series.waiting[0];
        const far = other && Math.abs(other.instants.first - first) > oneDay;
        if (far || series.waiting.length >= mostWaiting) settle(series, undefined);
        series.waiting.push({ instants: { first, second }, row });
        return undefined;
      }
      if (series.waiting.length > 0) settle(series, first);
      else if (series.before !== undefined) remember(series, first - series.before);
      series.before = first;
      return first;
    },
    end() {
      for (const series of all.values()) if (series.waiting.length > 0) settle(series, undefined);
    },
  };

  function settle(series: Series<Row>, after: number | undefined): void {
    const { waiting, before, steps } = series;
    const passes = decidePasses({
      rows: waiting.map(({ instants }) => instants),
      contents: waiting.map(({ row }) => contentOf(row)),
      before,
      after,
      steps: steps.slice(-rememberedSteps),
    });
    for (const [n, { instants, row }] of waiting.entries()) {
      const pass = passes?.[n] ?? fallback;
      decided(row, pass && instants[pass]);
    }
    series.waiting = [];
  }
}

function remember({ steps }: { steps: number[] }, step: number): void {
  if (step === 0) return;
  if (steps.length >= 2 * rememberedSteps) steps.splice(0, rememberedSteps);
  steps.push(step);
}
