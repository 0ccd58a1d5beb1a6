import type { BackfillPlan, BackfillStep } from '@mycelium/operations';
import type { ComponentChildren } from 'preact';
import type { Wire } from '../api.ts';
import type { Chosen, What } from '../coverage-cells.ts';
import { shortDay, t } from '../words.ts';
import { Icon } from './icon.tsx';
import { StoreLook } from './store-look.tsx';

const mostExamples = 5;

interface Props {
  plan: Wire<BackfillPlan>;
  what: What;
  from: Chosen['from'];
  to: Chosen['to'];
}

/** The runs of a plan, and what it leaves out. */
export function PlanView({ plan, what, from, to }: Props) {
  const { steps, until } = plan;
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
      {what === 'images' && isDue && <ImageNotes plan={plan} />}
    </>
  );
}

/** What the store had for an image plan, and which images it leaves out. */
function ImageNotes({
  plan: { lookedAt, unreadable, examples, gone, emptyDays, model },
}: Pick<Props, 'plan'>) {
  const shown = examples.slice(0, mostExamples);
  const [emptyDay] = emptyDays;
  return (
    <>
      {unreadable > 0 && (
        <Warning>
          {t('backfill.unreadable', { n: unreadable })}
          <ul class="small">
            {shown.map(({ key, detail }) => (
              <li key={key} class="wrap">
                {detail}
              </li>
            ))}
            {unreadable > shown.length && <li>{t('backfill.more', { n: unreadable - shown.length })}</li>}
          </ul>
        </Warning>
      )}
      {gone > 0 && <Warning>{t('backfill.gone', { n: gone })}</Warning>}
      {emptyDay && (
        <Warning>{t('backfill.emptyDays', { n: emptyDays.length, day: shortDay(emptyDay, true) })}</Warning>
      )}
      <StoreLook lookedAt={lookedAt} />
      {model && <p class="small quiet">{t('coverage.model', { model })}</p>}
    </>
  );
}

function Warning({ children }: { children: ComponentChildren }) {
  return (
    <div class="notice warn">
      <Icon name="alert" />
      <div>{children}</div>
    </div>
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
