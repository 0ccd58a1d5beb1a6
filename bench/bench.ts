/** What a benchmark is given. Everything it makes lies in its own database, prefix and folder. */
export interface BenchContext {
  databaseUrl: string;
  redisUrl: string;
  workDir: string;
  log: (line: string) => void;
}

/** One measured case: ours, the naive way and the limit, in one unit, measured interleaved. */
export interface BenchRow {
  id: string;
  case: string;
  unit: string;
  ours: number;
  naive: number | null;
  limit: number | null;
  /** Larger is better, whatever the unit. */
  vsNaive: number | null;
  vsLimit: number | null;
  /** Repetitions or rows, as the unit says. */
  n: number;
}

export interface Bench {
  name: string;
  ids: string[];
  run: (context: BenchContext) => Promise<BenchRow[]>;
}
