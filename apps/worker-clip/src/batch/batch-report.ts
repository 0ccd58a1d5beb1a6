import type { Result } from '@mycelium/queue';
import type { Batch, Image } from './image.ts';

type Report = Result<'embed_batch'>;

/** The result of a batch: counts per room, and the reason for each failed image. */
export function batchReport(
  done: Pick<Image, 'room'>[],
  { failures, skipped }: Pick<Batch, 'failures' | 'skipped'>,
): Report {
  const rooms: Report['rooms'] = {};
  for (const { room } of done) add(rooms, room, { total: 1, succeeded: 1, failed: 0, skipped: 0 });
  for (const { room } of failures) add(rooms, room, { total: 1, succeeded: 0, failed: 1, skipped: 0 });
  for (const { room } of skipped) add(rooms, room, { total: 1, succeeded: 0, failed: 0, skipped: 1 });
  return { rooms, failures: failures.map(({ key, reason }) => ({ key, reason })) };
}

/** Merges the results of several batches. */
export function mergeReports(reports: Report[]): Report {
  const rooms: Report['rooms'] = {};
  for (const report of reports) {
    for (const [room, counts] of Object.entries(report.rooms)) add(rooms, room, counts);
  }
  return { rooms, failures: reports.flatMap(({ failures }) => failures) };
}

function add(rooms: Report['rooms'], room: string, counts: Report['rooms'][string]): void {
  const sum = Object.hasOwn(rooms, room) ? rooms[room] : undefined;
  rooms[room] = {
    total: (sum?.total ?? 0) + counts.total,
    succeeded: (sum?.succeeded ?? 0) + counts.succeeded,
    failed: (sum?.failed ?? 0) + counts.failed,
    skipped: (sum?.skipped ?? 0) + counts.skipped,
  };
}
