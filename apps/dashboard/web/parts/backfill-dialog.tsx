import type { BackfillStep, Only } from '@mycelium/operations';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { CoverageRow } from '../../src/coverage/coverage.ts';
import { send, type Wire } from '../api.ts';
import { formatNumber, shortDay, t } from '../words.ts';
import type { What } from './coverage-matrix.tsx';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { Segments } from './segments.tsx';
import { ErrorState, Loading } from './states.tsx';
import { attempt } from './toast.tsx';

interface BackfillDialogProps {
  rooms: string[];
  from: string;
  to: string;
  what: What;
  rows: CoverageRow[];
  onClose: () => void;
}

interface Plan {
  steps: Wire<BackfillStep>[];
  enqueued: number;
}

/** Shows what a backfill would run. On confirmation it sends the same steps, so exactly these are run. */
export function BackfillDialog({ rooms, from, to, what, rows, onClose }: BackfillDialogProps) {
  const [only, setOnly] = useState<Only>('missing');
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const request = { what, from, to, rooms, only };
  const counts = useMemo(() => sum(rows, rooms, from, to), [rows, rooms, from, to]);

  useEffect(() => {
    // Ignore an answer to an earlier choice.
    let current = true;
    setPlan(undefined);
    setError(undefined);
    send<Plan>('/api/backfill', { ...request, dryRun: true }).then(
      (answer) => current && setPlan(answer),
      (failure) => current && setError(failure),
    );
    return () => {
      current = false;
    };
  }, [what, from, to, rooms, only]);

  const go = async () => {
    setBusy(true);
    const done = await attempt(async () => {
      const { enqueued } = await send<Plan>('/api/backfill', {
        ...request,
        dryRun: false,
        steps: plan?.steps,
      });
      return t('backfill.done', { n: enqueued });
    });
    setBusy(false);
    if (done) onClose();
  };

  return (
    <Dialog title={t('backfill.title')} onClose={onClose}>
      <p>
        {t('backfill.what', {
          rooms: rooms.join(', '),
          days: from === to ? shortDay(from, true) : `${shortDay(from, true)} – ${shortDay(to, true)}`,
        })}
      </p>
      {what === 'images' && (
        <dl class="counts">
          {(['expected', 'embedded', 'described', 'missing', 'quarantined', 'stale'] as const).map((name) => (
            <div key={name}>
              <dd class="number">{formatNumber(counts[name])}</dd>
              <dt>{t(`count.${name}`)}</dt>
            </div>
          ))}
        </dl>
      )}
      <div>
        <Segments
          label={t('backfill.only')}
          value={only}
          options={(what === 'images'
            ? (['missing', 'failed', 'stale', 'all'] as const)
            : (['missing', 'stale', 'all'] as const)
          ).map((value) => ({ value, text: t(`only.${value}`) }))}
          onChange={setOnly}
        />
      </div>
      {error && <ErrorState error={error} />}
      {!plan && !error && <Loading height={90} />}
      {plan && plan.steps.length === 0 && (
        <div class="notice good">
          <Icon name="check" />
          {t('backfill.nothing')}
        </div>
      )}
      {plan && plan.steps.length > 0 && (
        <div>
          <h3>{t('backfill.plan', { n: plan.steps.length })}</h3>
          <ul class="plan">
            {plan.steps.map((step) => (
              <li key={step.day}>
                <span>{shortDay(step.day, true)}</span>
                <span class="quiet">{step.rooms.length > 0 ? step.rooms.join(', ') : t('filter.all')}</span>
                <span class="number">{step.images > 0 ? t('backfill.images', { n: step.images }) : ''}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {t('cancel')}
        </button>
        <button
          type="button"
          class="button primary"
          disabled={!plan || plan.steps.length === 0 || busy}
          onClick={go}
        >
          {t('backfill.go', { n: plan?.steps.length ?? 0 })}
        </button>
      </div>
    </Dialog>
  );
}

/** The sum of the counts in the chosen cells. */
function sum(rows: CoverageRow[], rooms: string[], from: string, to: string) {
  const total = { expected: 0, embedded: 0, described: 0, missing: 0, quarantined: 0, stale: 0 };
  for (const { room, cells } of rows) {
    if (!rooms.includes(room)) continue;
    for (const cell of cells) {
      if (cell.day < from || cell.day > to) continue;
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += cell[name];
    }
  }
  return total;
}
