/** The status of a run and what caused it. */
export const english = {
  'status.running': 'Running',
  'status.waiting': 'Waiting for its batches',
  'status.retrying': 'Retry pending',
  'status.succeeded': 'Succeeded',
  'status.failed': 'Failed',
  'status.missed': 'Missed',
  'status.coalesced': 'Coalesced',
  'status.paused': 'Paused',
  'cause.schedule': 'Schedule',
  'cause.catch-up': 'Catch-up',
  'cause.manual': 'Operator',
  'cause.backfill': 'Backfill',
};
