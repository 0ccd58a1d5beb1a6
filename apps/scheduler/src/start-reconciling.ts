import { type Reconciliation, reconcile } from './reconcile.ts';
import { repeat } from './repeat.ts';

/** What may be lost at most when Redis is emptied is made good within this time. */
const everySeconds = 10;

interface Leadership {
  leads(): Promise<boolean>;
}

/** Reconciles now and every few seconds, while this scheduler leads. */
export function startReconciling(house: Reconciliation, leadership: Leadership) {
  let trouble: string | undefined = 'not reconciled yet';
  let led = false;

  const { stop } = repeat(everySeconds, async () => {
    try {
      const leads = await leadership.leads();
      if (leads !== led) house.logger.info(leads ? 'this scheduler leads' : 'another scheduler leads');
      led = leads;
      if (leads) await reconcile(house);
      trouble = undefined;
    } catch (error) {
      trouble = String(error);
      house.logger.warn('could not reconcile; trying again', { error: trouble });
    }
  });

  return { trouble: () => trouble, leads: () => led, stop };
}
