import { audit, discardReadings, type ReadingSelection, releaseReadings } from '@mycelium/database';
import type { Operations } from './operations.ts';

/** Stores readings that were quarantined for their time, although no clock seems to be right. @returns how many */
export async function releaseQuarantinedReadings(
  ops: Operations,
  selection: ReadingSelection,
): Promise<number> {
  const released = await releaseReadings(ops.pool, selection);
  await record(ops, 'readings release', released, selection);
  return released;
}

/** Deletes readings that were quarantined for their time. @returns how many */
export async function discardQuarantinedReadings(
  ops: Operations,
  selection: ReadingSelection,
): Promise<number> {
  const discarded = await discardReadings(ops.pool, selection);
  await record(ops, 'readings discard', discarded, selection);
  return discarded;
}

async function record({ pool, actor }: Operations, action: string, n: number, selection: ReadingSelection) {
  if (n === 0) return;
  await audit(pool, { actor, action, subject: `${n} readings`, detail: { ...selection } });
}
