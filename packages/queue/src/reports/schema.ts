import { message, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count } from './count.ts';

export const schemaReport = z.object({
  applied: z.array(z.string()),
  postgres: z.string(),
  pgvector: z.string(),
  tables: count,
});

export function showSchema({
  applied,
  tables,
  postgres,
  pgvector,
}: z.output<typeof schemaReport>): ReportView {
  const summary = [message('report.tables', { n: tables, postgres, pgvector })];
  if (applied.length > 0) {
    const names = applied.join(', ');
    summary.push(message('report.migrations', { n: applied.length, names }));
  }
  return { summary, tables: [], leftOut: [] };
}
