import { onlyChoices } from '@mycelium/farm';
import type { BackfillPlan } from '@mycelium/operations';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { CoverageRow } from '../../src/coverage/coverage.ts';
import { send, type Wire } from '../api.ts';
import { type Chosen, countNames, sumCounts, type What } from '../coverage-cells.ts';
import { formatNumber, shortDay, t } from '../words.ts';
import { PlanView } from './backfill-plan.tsx';
import { Dialog } from './dialog.tsx';
import { Segments } from './segments.tsx';
import { ErrorState, Loading } from './states.tsx';
import { attempt } from './toast.tsx';

interface BackfillDialogProps {
  chosen: Chosen;
  what: What;
  rows: CoverageRow[];
  onClose: () => void;
}

type Plan = Wire<BackfillPlan> & { enqueued: number; notQueued: number; keptInQuarantine: number };

const choices = ['needed', ...onlyChoices] as const;

/** Shows what a backfill would run. On confirmation it sends the same steps, so exactly these are run. */
export function BackfillDialog({ chosen, what, rows, onClose }: BackfillDialogProps) {
  const { rooms, from, to } = chosen;
  const [choice, setChoice] = useState<(typeof choices)[number]>('needed');
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const request = { what, from, to, rooms, only: choice === 'needed' ? undefined : choice };
  const counts = useMemo(() => sumCounts(rows, chosen), [rows, chosen]);

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
  }, [what, chosen, choice]);

  const go = async () => {
    setBusy(true);
    const done = await attempt(async () => {
      const { enqueued, notQueued, keptInQuarantine } = await send<Plan>('/api/backfill', {
        ...request,
        dryRun: false,
        steps: plan?.steps,
      });
      const outcome = [
        t('backfill.done', { n: enqueued }),
        notQueued > 0 && t('backfill.notQueued', { n: notQueued }),
        keptInQuarantine > 0 && t('backfill.kept', { n: keptInQuarantine }),
      ];
      return outcome.filter(Boolean).join(' ');
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
          {countNames.map((name) => (
            <div key={name}>
              <dd class="number">{formatNumber(counts[name])}</dd>
              <dt>{t(`count.${name}`)}</dt>
            </div>
          ))}
        </dl>
      )}
      <div class="choice">
        <Segments
          label={t('backfill.only')}
          value={choice}
          options={choices.map((value) => ({
            value,
            text: t(value === 'failed' ? `only.failed.${what}` : `only.${value}`),
          }))}
          onChange={setChoice}
        />
        <p class="small quiet">{t(`backfill.help.${what}`)}</p>
      </div>
      {error && <ErrorState error={error} />}
      {!plan && !error && <Loading height={90} />}
      {plan && <PlanView plan={plan} what={what} from={from} to={to} />}
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
