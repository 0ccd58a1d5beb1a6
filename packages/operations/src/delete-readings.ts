import { audit, countReadings, listPoints, deleteReadings as remove } from '@mycelium/database';
import type { Operations } from './operations.ts';

/** Which readings to delete; without a list or a time, all. */
interface DeletedReadings {
  rooms?: string[] | undefined;
  devices?: string[] | undefined;
  points?: string[] | undefined;
  from?: Date | undefined;
  /** Without this instant. */
  until?: Date | undefined;
}

/** Deletes readings, settled or not; their days are computed again. @returns how many, of how many points */
export async function deleteReadings(
  ops: Operations,
  selection: DeletedReadings,
  { dryRun = false, signal }: { dryRun?: boolean; signal?: AbortSignal } = {},
): Promise<{ readings: number; points: number }> {
  const { pool, actor } = ops;
  const { rooms, devices, points: names, from, until } = selection;
  const points = (await listPoints(pool, rooms)).filter(
    ({ device, point }) => (devices?.includes(device) ?? true) && (names?.includes(point) ?? true),
  );
  const span = { pointIds: points.map(({ id }) => id), from, until };
  if (dryRun) return { readings: await countReadings(pool, span), points: points.length };
  // Recorded first: what was deleted before an interruption must not be without a name.
  await audit(pool, {
    actor,
    action: 'readings delete',
    subject: `${points.length} points`,
    detail: { ...selection },
  });
  return { readings: await remove(pool, span, signal), points: points.length };
}
