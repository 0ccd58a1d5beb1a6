import { message, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count } from './count.ts';

export const settleReport = z.object({
  /** The UTC days before it are settled. */
  before: z.iso.date(),
  readings: count,
  /** Of these, the ones that replaced a settled reading. */
  replaced: count,
  blocks: count,
  days: count,
  /** The names of tables that were dropped, after an earlier run had moved their readings. */
  dropped: z.array(z.string()),
  /** Processes that would miss settled readings: nothing was settled. */
  waitingFor: z.array(z.string()).default([]),
});

export function showSettling(report: z.output<typeof settleReport>): ReportView {
  const { before, readings, replaced, blocks, days, dropped, waitingFor } = report;
  const names = (list: string[]) => list.join(', ');
  return {
    summary: [
      readings > 0 || waitingFor.length > 0
        ? message('report.settled', { n: readings, days, blocks })
        : message('report.nothing-settled', { before }),
      ...(replaced > 0 ? [message('report.settled-again', { n: replaced })] : []),
      ...(dropped.length > 0 ? [message('report.dropped-tables', { names: names(dropped) })] : []),
    ],
    tables: [],
    leftOut: waitingFor.length > 0 ? [message('report.settling-waits', { names: names(waitingFor) })] : [],
  };
}
