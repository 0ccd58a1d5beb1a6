/** The statuses of a run. A slot without a row in the ledger has none. */
export const runStatuses = [
  'running',
  'waiting',
  'retrying',
  'succeeded',
  'failed',
  'missed',
  'coalesced',
  'paused',
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** Those of a run that has begun but not ended. */
export const unfinished = ['running', 'waiting', 'retrying'] as const satisfies RunStatus[];

export function isUnfinished(status: string): boolean {
  return unfinished.some((one) => one === status);
}
