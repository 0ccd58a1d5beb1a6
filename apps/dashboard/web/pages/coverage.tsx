import { useState } from 'preact/hooks';
import type { CoverageRow } from '../../src/coverage/coverage.ts';
import { query, useData } from '../api.ts';
import type { Chosen, What } from '../coverage-cells.ts';
import { daysAgo, today } from '../farm-day.ts';
import { BackfillDialog } from '../parts/backfill-dialog.tsx';
import { Legend } from '../parts/coverage-legend.tsx';
import { CoverageMatrix } from '../parts/coverage-matrix.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { StoreLook } from '../parts/store-look.tsx';
import { isOperator } from '../session.ts';
import { t } from '../words.ts';

export function Coverage() {
  const [days, setDays] = useState<'14' | '30' | '90'>('30');
  const [what, setWhat] = useState<What>('images');
  const { data, error, reload } = useData<{
    rooms: CoverageRow[];
    lookedAt: string | null;
    model: string | null;
  }>(`/api/coverage${query({ from: daysAgo(Number(days) - 1), to: today() })}`, 60_000);
  const [chosen, setChosen] = useState<Chosen>();

  return (
    <>
      <PageHead title={t('nav.coverage')} note={t(isOperator() ? 'coverage.note' : 'coverage.noteViewer')}>
        <Segments
          label={t('coverage.what')}
          value={what}
          options={[
            { value: 'images', text: t('coverage.images') },
            { value: 'readings', text: t('coverage.readings') },
          ]}
          onChange={setWhat}
        />
        <Segments
          label={t('room.span')}
          value={days}
          options={(['14', '30', '90'] as const).map((value) => ({
            value,
            text: t('days.short', { n: value }),
          }))}
          onChange={setDays}
        />
      </PageHead>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={320} />}
      {data && data.rooms.length === 0 && (
        <div class="card">
          <Empty icon="coverage" title={t('today.noRooms')} />
        </div>
      )}
      {data && data.rooms.length > 0 && (
        <>
          {what === 'images' && (
            <div class="store-look">
              <StoreLook lookedAt={data.lookedAt} />
            </div>
          )}
          <CoverageMatrix rows={data.rooms} what={what} onChoose={setChosen} />
          <Legend what={what} />
          {what === 'images' && data.model && (
            <p class="small quiet">{t('coverage.model', { model: data.model })}</p>
          )}
        </>
      )}
      {chosen && (
        <BackfillDialog
          chosen={chosen}
          what={what}
          rows={data?.rooms ?? []}
          onClose={() => {
            setChosen(undefined);
            reload();
          }}
        />
      )}
    </>
  );
}
