import { message, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count } from './count.ts';

const rowsDeleted = z.object({
  runs: count,
  alerts: count,
  audit: count,
  images: count,
  quarantined: count,
  quarantinedReadings: count.default(0),
});

export const pruneReport = rowsDeleted.extend({
  /** The names of the dropped tables: readings are deleted by whole months. */
  readings: z.array(z.string()),
  /** Rebuilt because this release of pgvector does not repair them after deletions. */
  vectorIndexes: z.object({ rebuilt: count, recall: z.number().nullable() }).optional(),
});

export function showPrune({ readings, vectorIndexes, ...kinds }: z.output<typeof pruneReport>): ReportView {
  const rows = Object.values(rowsDeleted.parse(kinds)).reduce((sum, deleted) => sum + deleted, 0);
  const months = readings.join(', ');
  const summary = [
    ...(rows > 0 ? [message('report.pruned', { n: rows })] : []),
    ...(months ? [message('report.pruned-months', { names: months })] : []),
    ...(vectorIndexes ? [message('report.vector-indexes', rebuilt(vectorIndexes))] : []),
  ];
  return {
    summary: summary.length > 0 ? summary : [message('report.nothing-pruned')],
    tables: [
      {
        columns: ['column.table', 'column.rows'],
        rows: rowsDeleted.keyof().options.map((kind) => [kind, kinds[kind]]),
      },
    ],
    leftOut: [],
  };
}

const rebuilt = ({ rebuilt: n, recall }: { rebuilt: number; recall: number | null }) => ({
  n,
  recall: recall === null ? '–' : recall.toFixed(3),
});
