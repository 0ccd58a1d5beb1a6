/** The two instants of a local time in a repeated hour. */
export interface Twice {
  first: number;
  second: number;
}

export type Pass = keyof Twice;

/** Rows of a repeated hour in the order of the file, with what is around them. */
export interface RepeatedRows {
  rows: Twice[];
  /** The content of each row: a copy of a row adds nothing. */
  contents: string[];
  /** The instants of the rows around, if they are outside the hour. */
  before?: number | undefined;
  after?: number | undefined;
  /** Milliseconds from each of the last rows before to the next one; negative in a file with the newest row first. */
  steps: number[];
}

/** More jumps back than this are no clock change. */
const mostJumps = 50;

/**
 * Decides which pass of a repeated hour each row belongs to. In order of time, the rows of the first pass come before
 * those of the second, so that an explanation is the number of rows in the first pass. Each explanation costs something
 * for every row that is missing, late, or at the time of another row. The rows are decided only if one explanation is
 * cheap, and cheaper than all others by far: a late row, a copied block or an hour without rows must not decide anything.
 * @returns the passes in order of the rows, undefined for rows that are late or at the time of another one; or undefined
 * when no row can be decided
 */
export function decidePasses(given: RepeatedRows): (Pass | undefined)[] | undefined {
  const cadence = cadenceOf(given);
  const repeated = withNearRows(given, typeof cadence === 'number' ? cadence : 0);
  if (repeated.before === undefined && repeated.after === undefined) return undefined;
  const directions = directionsOf(repeated);
  if (cadence === 'irregular')
    return directions.length === 1 ? byJump(repeated, directions[0] === 'backward') : undefined;
  const explanations = directions
    .flatMap((direction) => [
      ...explain(repeated, cadence, direction),
      ...explainOriginals(repeated, cadence, direction),
    ])
    .sort((a, b) => a.cost - b.cost);
  const [best, ...others] = explanations;
  if (!best || best.cost === onlyRival || best.cost > repeated.rows.length / 5) return undefined;
  const enclosed = best.cost === 0 && repeated.before !== undefined && repeated.after !== undefined;
  const rivals = others.filter(({ cost }) => cost < (enclosed ? 1 : 2 * best.cost + 3));
  if (rivals.length > 0) {
    const effect = effectOf(repeated, best.passes);
    if (rivals.some(({ passes }) => effectOf(repeated, passes) !== effect)) return undefined;
  }
  return best.cost === 0 ? best.passes : inOrder(repeated, best.passes);
}

/** Rows around the hour that are late, or further away than the hour is long, show nothing. */
function withNearRows(repeated: RepeatedRows, cadence: number): RepeatedRows {
  const { rows, before, after } = repeated;
  const { first, second } = rows[0] as Twice;
  const near = second - first + 2 * Math.max(cadence, second - first);
  const begin = Math.min(...rows.map((row) => row.first));
  const end = Math.max(...rows.map((row) => row.second));
  const [backward] = directionsOf(repeated).map((direction) => direction === 'backward');
  const isNear = (instant: number | undefined, earlier: boolean) =>
    instant !== undefined &&
    (earlier ? instant < begin && begin - instant <= near : instant > end && instant - end <= near);
  return {
    ...repeated,
    before: isNear(before, !backward) ? before : undefined,
    after: isNear(after, backward === true) ? after : undefined,
  };
}

/** The cost of an explanation that is possible, and has too little for it to be chosen. */
const onlyRival = 0.5;

interface Explanation {
  cost: number;
  passes: Pass[];
}

/** With fewer steps between rows, chance could make them look regular. */
const enoughSteps = 8;

/** The usual milliseconds between rows, if most steps are multiples of it; undefined if there are too few of them. */
function cadenceOf({ rows, steps }: RepeatedRows): number | 'irregular' | undefined {
  const all = [...steps, ...rows.slice(1).map(({ first }, n) => first - (rows[n] as Twice).first)];
  const moving = all.map(Math.abs).filter((step) => step > 0);
  if (moving.length < enoughSteps) return undefined;
  const usual = moving.toSorted((a, b) => a - b)[Math.floor(moving.length / 2)] as number;
  const even = moving.filter((step) => {
    const times = Math.round(step / usual);
    return times >= 1 && Math.abs(step / usual - times) <= 0.1;
  });
  return even.length >= 0.9 * moving.length ? usual : 'irregular';
}

type Direction = 'forward' | 'backward';

/** Both when nothing shows whether the file has the oldest or the newest row first. */
function directionsOf({ rows, before, after, steps }: RepeatedRows): Direction[] {
  const signs = steps.reduce((sum, step) => sum + Math.sign(step), 0);
  if (signs !== 0) return [signs > 0 ? 'forward' : 'backward'];
  const { first } = rows[0] as Twice;
  if (before !== undefined) return [before < first ? 'forward' : 'backward'];
  if (after !== undefined) return [after > first ? 'forward' : 'backward'];
  return ['forward', 'backward'];
}

function explain(repeated: RepeatedRows, step: number | undefined, direction: Direction): Explanation[] {
  const backward = direction === 'backward';
  const ordered = backward ? reversed(repeated) : repeated;
  return turns(ordered.rows).map((turn) => {
    const passes = ordered.rows.map((_, n): Pass => (n < turn ? 'first' : 'second'));
    const cost = costOf(ordered, passes, step);
    return { cost, passes: backward ? passes.reverse() : passes };
  });
}

/** Explanations in which every row with the content of an earlier one is its copy, as when a block was sent twice. */
function explainOriginals(
  repeated: RepeatedRows,
  step: number | undefined,
  direction: Direction,
): Explanation[] {
  const { rows, contents } = repeated;
  const original = new Map<string, number>();
  const originals = rows.filter((_, n) => {
    const content = contents[n] as string;
    if (original.has(content)) return false;
    original.set(content, original.size);
    return true;
  });
  if (originals.length === rows.length) return [];
  const reduced = { ...repeated, rows: originals, contents: [...original.keys()] };
  return explain(reduced, step, direction).map(({ cost, passes }) => ({
    cost: step === undefined ? Math.max(cost, onlyRival) : cost,
    passes: contents.map((content) => passes[original.get(content) as number] as Pass),
  }));
}

function reversed({ rows, contents, before, after, steps }: RepeatedRows): RepeatedRows {
  return {
    rows: rows.toReversed(),
    contents: contents.toReversed(),
    before: after,
    after: before,
    steps: steps.map((step) => -step),
  };
}

/**
 * How many rows can be in the first pass: none, all, or those up to a place where the clock jumps back. With a row an
 * hour it does not jump: the same time stands twice.
 */
function turns(rows: Twice[]): number[] {
  const where = (jumps: (step: number) => boolean) =>
    rows.flatMap(({ first }, n) => (n > 0 && jumps(first - (rows[n - 1] as Twice).first) ? [n] : []));
  const back = where((step) => step < 0);
  const jumps = back.length > 0 ? back : where((step) => step === 0);
  return jumps.length > mostJumps ? [] : [0, ...jumps, rows.length];
}

/** @param step undefined if the usual one is unknown: then all steps must be equal */
function costOf(repeated: RepeatedRows, passes: Pass[], step: number | undefined): number {
  const { rows, contents } = repeated;
  const seen = new Map<number, string>();
  let conflicts = 0;
  for (const [n, row] of rows.entries()) {
    const instant = row[passes[n] as Pass];
    const known = seen.get(instant);
    if (known !== undefined && known !== contents[n]) conflicts++;
    if (known === undefined) seen.set(instant, contents[n] as string);
  }
  const instants = [...seen.keys()];
  const cost = 2 * conflicts + instants.length - longestAscent(instants).length;
  const gaps = gapsBetween(repeated, instants);
  if (step !== undefined) return gaps.reduce((sum, gap) => sum + gapCost(gap, step), cost);
  const [{ first, second }] = rows as [Twice];
  const most = Math.max(...gaps);
  const even = gaps.length > 0 && most - Math.min(...gaps) <= 2_000 && most <= second - first + 2_000;
  if (cost > 0 || !even) return Number.POSITIVE_INFINITY;
  return gaps.length > 1 ? 0 : onlyRival;
}

/** The places of the longest ascending part of a sequence, by patience sorting: the other rows are late or early. */
function longestAscent(instants: number[]): number[] {
  const tops: number[] = [];
  const below = new Int32Array(instants.length);
  for (const [n, instant] of instants.entries()) {
    let from = 0;
    let to = tops.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((instants[tops[middle] as number] as number) < instant) from = middle + 1;
      else to = middle;
    }
    below[n] = tops[from - 1] ?? -1;
    tops[from] = n;
  }
  const places: number[] = [];
  for (let n = tops.at(-1) ?? -1; n >= 0; n = below[n] as number) places.push(n);
  return places;
}

/** Without the passes of rows that are out of order, or at the time of a row with another content. */
function inOrder(
  { rows, contents, before, after, steps }: RepeatedRows,
  passes: Pass[],
): (Pass | undefined)[] {
  const instants = rows.map((row, n) => row[passes[n] as Pass]);
  const at = Map.groupBy(rows.keys(), (n) => instants[n] as number);
  const distinct = [...at.keys()];
  const [backward] = directionsOf({ rows, contents, before, after, steps });
  const ascent = longestAscent(backward === 'backward' ? distinct.map((instant) => -instant) : distinct);
  const inPlace = new Set(ascent.map((n) => distinct[n]));
  return passes.map((pass, n) => {
    const instant = instants[n] as number;
    const alone = new Set(at.get(instant)?.map((other) => contents[other])).size === 1;
    return inPlace.has(instant) && alone ? pass : undefined;
  });
}

/** Milliseconds between the rows and to the rows around. */
function gapsBetween({ before, after }: RepeatedRows, instants: number[]): number[] {
  const all = [before, ...instants, after].filter((instant) => instant !== undefined);
  const sorted = all.sort((a, b) => a - b);
  return sorted.slice(1).map((instant, n) => instant - (sorted[n] as number));
}

/** A row for each that is missing; rows that are too close cannot both be in this pass. */
function gapCost(gap: number, step: number): number {
  return gap < step / 2 ? 2 : Math.max(0, Math.round(gap / step) - 1);
}

/** What would be stored. */
function effectOf({ rows, contents }: RepeatedRows, passes: Pass[]): string {
  const stored = rows.map((row, n) => `${row[passes[n] as Pass]} ${contents[n]}`);
  return [...new Set(stored)].sort().join('\n');
}

const rowsOnEachSide = 3;

/**
 * Rows at irregular times, such as those of sensors that report changes, are decided only by a single jump back by more
 * than half the hour that leaves no long pause, between rows that go on in order before and after it.
 */
function byJump(repeated: RepeatedRows, backward: boolean): Pass[] | undefined {
  const { rows, contents, before, after } = backward ? reversed(repeated) : repeated;
  const jumps = turns(rows).slice(1, -1);
  const [turn] = jumps;
  if (turn === undefined || jumps.length > 1 || before === undefined || after === undefined) return undefined;
  if (turn < rowsOnEachSide || rows.length - turn < rowsOnEachSide) return undefined;
  const { first, second } = rows[turn] as Twice;
  const half = (second - first) / 2;
  if ((rows[turn - 1] as Twice).first - first < half) return undefined;
  const earlier = new Set(contents.slice(0, turn));
  if (contents.slice(turn).some((content) => earlier.has(content))) return undefined;
  const passes = rows.map((_, n): Pass => (n < turn ? 'first' : 'second'));
  const instants = [before, ...rows.map((row, n) => row[passes[n] as Pass]), after];
  const gaps = instants.slice(1).map((instant, n) => instant - (instants[n] as number));
  if (gaps.some((gap) => gap < 0 || gap >= half)) return undefined;
  return backward ? passes.reverse() : passes;
}
