import { audit, dismissAlert } from '@mycelium/database';
import { Refusal } from '@mycelium/words';
import type { Operations } from './operations.ts';

/** @throws Refusal when there is no such open alert */
export async function closeAlert({ pool, clock, actor }: Operations, id: number): Promise<void> {
  await audit(pool, { actor, action: 'close alert', subject: String(id) });
  if (!(await dismissAlert(pool, id, clock()))) throw new Refusal('missing', 'refused.no-alert');
}
