import type { BackfillPlan, BackfillStep } from '@mycelium/operations';
import type { Wire } from '../api.ts';
import type { Chosen, What } from '../coverage-cells.ts';
import { shortDay, t } from '../words.ts';
import { Icon } from './icon.tsx';
import { StoreLook } from './store-look.tsx';

interface PlanViewProps {
  plan: Wire<BackfillPlan>;
  what: What;
  from: Chosen['from'];
  to: Chosen['to'];
}

/** The runs of a plan, and what it leaves out. */
export function PlanView({ plan, what, from, to }: PlanViewProps) {
  const { steps, until, lookedAt, unreadable } = plan;
  const isDue = from <= until;
  return (
    <>
      {steps.length === 0 && isDue && (
        <div class="notice good">
          <Icon name="check" />
          {t('backfill.nothing')}
        </div>
      )}
      {steps.length > 0 && (
        <div>
          <h3>{t('backfill.plan', { n: steps.length })}</h3>
          <ul class="plan">
            {steps.map((step) => (
              <Step key={step.day} step={step} what={what} />
            ))}
          </ul>
        </div>
      )}
      {until < to && (
        <div class="notice">
          <Icon name="info" />
          {isDue ? t('backfill.until', { until: shortDay(until, true) }) : t('backfill.notDue')}
        </div>
      )}
      {unreadable > 0 && (
        <div class="notice warn">
          <Icon name="alert" />
          {t('backfill.unreadable', { n: unreadable })}
        </div>
      )}
      {what === 'images' && isDue && <StoreLook lookedAt={lookedAt} />}
      {plan.model && <p class="small quiet">{t('coverage.model', { model: plan.model })}</p>}
    </>
  );
}

function Step({ step, what }: { step: Wire<BackfillStep>; what: What }) {
  const { day, rooms, reason, images, quarantined } = step;
  const counts = [
    images > 0 && t('backfill.images', { n: images }),
    quarantined > 0 && t('backfill.quarantined', { n: quarantined }),
  ];
  return (
    <li>
      <span>{shortDay(day, true)}</span>
      <span>
        {t(reason === 'failed' ? `only.failed.${what}` : `only.${reason}`)}
        <span class="quiet"> · {rooms.length > 0 ? rooms.join(', ') : t('filter.all')}</span>
      </span>
      <span class="number">{counts.filter(Boolean).join(', ')}</span>
    </li>
  );
}
