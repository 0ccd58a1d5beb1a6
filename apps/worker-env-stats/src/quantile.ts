/** By linear interpolation between the two nearest ranks: type 7 of Hyndman & Fan, PostgreSQL's percentile_cont. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const rank = p * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (rank - below);
}
