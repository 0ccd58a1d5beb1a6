import { reconcile } from './reconcile.ts';
import type { Reconciliation } from './reconciliation.ts';
import { repeat } from './repeat.ts';

/** If Redis loses its data, its jobs are restored within this time. */
const everySeconds = 10;

interface Leadership {
  leads(): Promise<boolean>;
}

/** Reconciles now and then every few seconds while this scheduler is the leader. */
export function startReconciling(parts: Reconciliation, leadership: Leadership) {
  let trouble: string | undefined = 'not reconciled yet';
  let led = false;

  const { stop } = repeat(everySeconds, async () => {
    try {
      const leads = await leadership.leads();
      if (leads !== led) parts.logger.info(leads ? 'this scheduler leads' : 'another scheduler leads');
      led = leads;
      if (leads) await reconcile(parts);
      trouble = undefined;
    } catch (error) {
      trouble = String(error);
      parts.logger.warn('could not reconcile; trying again', { error: trouble });
    }
  });

  return { trouble: () => trouble, leads: () => led, stop };
}
