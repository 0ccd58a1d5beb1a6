import type { Instants } from './instants.ts';

/** Which of the two passes of a repeated hour a row belongs to; `undefined` when it cannot be decided. */
type Pass = 'first' | 'second' | undefined;

/** The two instants of a local time in a repeated hour. */
interface Twice {
  first: number;
  second: number;
}

interface Waiting<Row> {
  instants: Twice;
  row: Row;
}

interface Series<Row> {
  /** The last instant outside the repeated hour. */
  before?: number | undefined;
  waiting: Waiting<Row>[];
}

export interface RepeatedHours<Row> {
  /** @returns the row's instant, or undefined when later rows must decide it */
  push(instants: Instants, series: string, row: Row): number | undefined;
  /** Decides the rows that still wait. */
  end(): void;
}

/**
 * Decides for the rows of a repeated hour which pass they belong to, series by series, from the rows around them. Rows
 * may be in order of time or newest first, and may stand twice.
 * @param decided receives a row with its instant, or with undefined when it cannot be decided
 * @param same whether two rows have the same content, so that one is a copy of the other
 * @param fallback the pass of the rows that cannot be decided
 */
export function createRepeatedHours<Row>(
  decided: (row: Row, instant: number | undefined) => void,
  same: (a: Row, b: Row) => boolean,
  fallback?: 'first' | 'second',
): RepeatedHours<Row> {
  const all = new Map<string, Series<Row>>();
  return {
    push(instants, name, row) {
      let series = all.get(name);
      if (!series) {
        series = { waiting: [] };
        all.set(name, series);
      }
      const { first, second } = instants;
      if (second !== undefined) {
        const other = series.waiting[0];
        if (other && Math.abs(other.instants.first - first) > 86_400_000) settle(series, undefined);
        series.waiting.push({ instants: { first, second }, row });
        return undefined;
      }
      if (series.waiting.length > 0) settle(series, first);
      series.before = first;
      return first;
    },
    end() {
      for (const series of all.values()) if (series.waiting.length > 0) settle(series, undefined);
    },
  };

  function settle(series: Series<Row>, after: number | undefined): void {
    const { waiting, before } = series;
    // A copy of the row before it is in the same pass, and says nothing about the order.
    const originals = waiting.filter(
      ({ row }, n) => n === 0 || !same(row, (waiting[n - 1] as Waiting<Row>).row),
    );
    const decisions = decide(
      originals.map(({ instants }) => instants),
      before,
      after,
    );
    let original = -1;
    const passes = waiting.map((each) => {
      if (originals[original + 1] === each) original++;
      return decisions[original];
    });
    for (const [n, { instants, row }] of waiting.entries()) {
      const pass = passes[n] ?? fallback;
      decided(row, pass && instants[pass]);
    }
    series.waiting = [];
  }
}

function decide(rows: Twice[], before: number | undefined, after: number | undefined): Pass[] {
  const hour = rows[0] as Twice;
  const steps = rows.slice(1).map(({ first }, n) => first - (rows[n] as Instants).first);
  const forward = isForward(hour, steps, before, after);
  const distances = [before, after].flatMap((other) =>
    other === undefined ? [] : [Math.min(Math.abs(other - hour.first), Math.abs(other - hour.second))],
  );
  const turn = turningPoint(steps, forward, distances.length > 0 ? Math.min(...distances) : undefined);
  const [start, end] = forward ? (['first', 'second'] as const) : (['second', 'first'] as const);
  if (turn === 'unclear') return rows.map(() => undefined);
  if (turn !== undefined) return rows.map((_, n) => (n <= turn ? start : end));
  // Only rows at even steps show by their neighbours that none of them is an hour later.
  const moving = steps.map((step) => Math.abs(step)).filter((step) => step > 0);
  const near = 1.5 * Math.min(...moving);
  if (moving.length < 2 || Math.max(...moving) > near) return rows.map(() => undefined);
  const last = rows[rows.length - 1] as Twice;
  const joins = (row: Twice, pass: 'first' | 'second', neighbour: number | undefined) =>
    neighbour !== undefined && Math.abs(row[pass] - neighbour) <= near;
  const joinsBefore = joins(hour, start, before);
  const joinsAfter = joins(last, end, after);
  return rows.map(() => (joinsBefore === joinsAfter ? undefined : joinsBefore ? start : end));
}

function isForward(
  { first, second }: Twice,
  steps: number[],
  before: number | undefined,
  after: number | undefined,
): boolean {
  if (before !== undefined) return before < first;
  if (after !== undefined) return after > second;
  return steps.filter((step) => step > 0).length >= steps.filter((step) => step < 0).length;
}

/** The last row of the first pass: the clock jumps against the direction of the rows after it. */
function turningPoint(
  steps: number[],
  forward: boolean,
  interval: number | undefined,
): number | 'unclear' | undefined {
  const back = steps.map((step) => (forward ? -step : step));
  const jumps = back.flatMap((jump, n) => (jump > 0 ? [{ jump, n }] : []));
  if (jumps.length === 0) {
    // A logger with a row per hour writes the same local time twice.
    const repeated = steps.indexOf(0);
    const hourly = interval !== undefined && interval >= 1_800_000 && interval <= 3_600_000;
    return repeated >= 0 && hourly ? repeated : undefined;
  }
  const [largest, next] = jumps.sort((a, b) => b.jump - a.jump);
  return largest && (next === undefined || next.jump * 4 < largest.jump) ? largest.n : 'unclear';
}
