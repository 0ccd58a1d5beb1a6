import { type Reconciliation, reconcile } from './reconcile.ts';

/** What may be lost at most when Redis is emptied is made good within this time. */
const everySeconds = 10;

interface Leadership {
  leads(): Promise<boolean>;
}

/** Reconciles now and every few seconds, while this scheduler leads. */
export function startReconciling(house: Reconciliation, leadership: Leadership) {
  let trouble: string | undefined = 'not reconciled yet';
  let stopped = false;
  let led = false;
  let timer: NodeJS.Timeout | undefined;
  let current = round();

  async function round(): Promise<void> {
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
    if (!stopped) {
      timer = setTimeout(() => {
        current = round();
      }, everySeconds * 1_000);
    }
  }

  return {
    trouble: () => trouble,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await current;
    },
  };
}
