import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { BackfillStep, Only } from '../../src/backfill.ts';
import type { CoverageCell, CoverageRow } from '../../src/views/coverage.ts';
import { query, send, useData } from '../api.ts';
import { daysAgo, today } from '../farm-day.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { isOperator } from '../session.ts';
import { formatNumber, percent, shortDay, t } from '../words.ts';

type What = 'images' | 'readings';
interface Cell {
  row: number;
  column: number;
}
interface Selection {
  start: Cell;
  end: Cell;
}

export function Coverage() {
  const [days, setDays] = useState<'14' | '30' | '90'>('30');
  const [what, setWhat] = useState<What>('images');
  const { data, error, reload } = useData<{ rooms: CoverageRow[] }>(
    `/api/coverage${query({ from: daysAgo(Number(days) - 1), to: today() })}`,
    60_000,
  );
  const [chosen, setChosen] = useState<{ rooms: string[]; from: string; to: string }>();

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
          <Matrix rows={data.rooms} what={what} onChoose={setChosen} />
          <Legend what={what} />
        </>
      )}
      {chosen && (
        <Backfill
          {...chosen}
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

/** 0–1, or undefined where nothing is expected. */
function shareOf(cell: CoverageCell, what: What): number | undefined {
  if (what === 'readings') return cell.readings ?? undefined;
  return cell.expected === 0 ? undefined : (cell.embedded + cell.quarantined) / cell.expected;
}

const level = (share: number | undefined) =>
  share === undefined
    ? 'none'
    : share >= 1
      ? '4'
      : share >= 0.9
        ? '3'
        : share >= 0.5
          ? '2'
          : share > 0
            ? '1'
            : '0';

function labelOf(room: string, cell: CoverageCell, what: What): string {
  const day = shortDay(cell.day, true);
  if (what === 'readings') {
    return `${room}, ${day}: ${cell.readings === null ? t('coverage.noStats') : percent(cell.readings)}`;
  }
  if (cell.expected === 0) return `${room}, ${day}: ${t('coverage.nothing')}`;
  const counts = [
    t('coverage.embedded', { n: cell.embedded, of: cell.expected }),
    cell.described > 0 && t('coverage.described', { n: cell.described }),
    cell.missing > 0 && t('coverage.missing', { n: cell.missing }),
    cell.quarantined > 0 && t('coverage.quarantined', { n: cell.quarantined }),
    cell.stale > 0 && t('coverage.stale', { n: cell.stale }),
  ];
  return `${room}, ${day}: ${counts.filter(Boolean).join(', ')}`;
}

interface MatrixProps {
  rows: CoverageRow[];
  what: What;
  onChoose: (chosen: { rooms: string[]; from: string; to: string }) => void;
}

/** Rooms down, days across. Drag over cells, or hold Shift with the arrow keys, and let go or press Enter. */
function Matrix({ rows, what, onChoose }: MatrixProps) {
  const [selection, setSelection] = useState<Selection>();
  const [focus, setFocus] = useState<Cell>({ row: 0, column: (rows[0]?.cells.length ?? 1) - 1 });
  const [hovered, setHovered] = useState<string>();
  const dragging = useRef(false);
  const table = useRef<HTMLTableElement>(null);
  const days = rows[0]?.cells.map(({ day }) => day) ?? [];
  const choosing = isOperator();

  useEffect(() => {
    // Today is at the right end, and what people look at first.
    const wrap = table.current?.parentElement;
    if (wrap) wrap.scrollLeft = wrap.scrollWidth;
  }, [days.length]);

  const choose = ({ start, end }: Selection) => {
    const [top, bottom] = [Math.min(start.row, end.row), Math.max(start.row, end.row)];
    const [left, right] = [Math.min(start.column, end.column), Math.max(start.column, end.column)];
    const rooms = rows.slice(top, bottom + 1).map(({ room }) => room);
    onChoose({ rooms, from: days[left] as string, to: days[right] as string });
    setSelection(undefined);
  };

  useEffect(() => {
    const letGo = () => {
      if (!dragging.current) return;
      dragging.current = false;
      if (selection) choose(selection);
    };
    addEventListener('pointerup', letGo);
    return () => removeEventListener('pointerup', letGo);
  });

  const onKeyDown = (event: KeyboardEvent) => {
    const steps: Record<string, [number, number]> = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    };
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const next = {
        row: Math.max(0, Math.min(rows.length - 1, focus.row + step[0])),
        column: Math.max(0, Math.min(days.length - 1, focus.column + step[1])),
      };
      setFocus(next);
      setSelection(event.shiftKey && choosing ? { start: selection?.start ?? focus, end: next } : undefined);
      table.current?.querySelector<HTMLElement>(`[data-cell="${next.row}-${next.column}"]`)?.focus();
    } else if (choosing && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      choose(selection ?? { start: focus, end: focus });
    } else if (event.key === 'Escape') setSelection(undefined);
  };

  return (
    <div class="card matrix-card">
      <div class="table-wrap">
        <table
          ref={table}
          class={`matrix ${dragging.current ? 'dragging' : ''}`}
          role="grid"
          aria-label={t('nav.coverage')}
          aria-multiselectable="true"
          onKeyDown={onKeyDown}
        >
          <thead>
            <tr>
              <th scope="col">
                <span class="visually-hidden">{t('filter.room')}</span>
              </th>
              {days.map((day, n) => (
                <th key={day} scope="col">
                  <span class={n % 7 === (days.length - 1) % 7 ? '' : 'visually-hidden'}>
                    {shortDay(day)}
                  </span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ room, cells }, row) => (
              <tr key={room}>
                <th scope="row">
                  <a href={`/rooms/${encodeURIComponent(room)}`}>{room}</a>
                </th>
                {cells.map((cell, column) => {
                  const share = shareOf(cell, what);
                  const label = labelOf(room, cell, what);
                  const focused = focus.row === row && focus.column === column;
                  return (
                    <td
                      key={cell.day}
                      role="gridcell"
                      data-cell={`${row}-${column}`}
                      data-room={room}
                      data-day={cell.day}
                      tabIndex={focused ? 0 : -1}
                      aria-label={label}
                      aria-selected={isInside(selection, row, column)}
                      class={`cell level-${level(share)}`}
                      onFocus={() => {
                        setFocus({ row, column });
                        setHovered(label);
                      }}
                      onPointerDown={(event) => {
                        if (!choosing || event.button !== 0) return;
                        (event.target as HTMLElement).releasePointerCapture?.(event.pointerId);
                        dragging.current = true;
                        setSelection({ start: { row, column }, end: { row, column } });
                      }}
                      onPointerEnter={() => {
                        setHovered(label);
                        if (dragging.current && selection)
                          setSelection({ ...selection, end: { row, column } });
                      }}
                    >
                      {what === 'images' && cell.quarantined > 0 && <i class="corner bad" />}
                      {what === 'images' && cell.stale > 0 && <i class="corner info" />}
                      {what === 'images' && cell.missing > 0 && <span>{cell.missing}</span>}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="matrix-hint small quiet" aria-live="polite">
        {hovered ?? t('coverage.hint')}
      </p>
    </div>
  );
}

function isInside(selection: Selection | undefined, row: number, column: number): boolean {
  if (!selection) return false;
  const { start, end } = selection;
  return (
    row >= Math.min(start.row, end.row) &&
    row <= Math.max(start.row, end.row) &&
    column >= Math.min(start.column, end.column) &&
    column <= Math.max(start.column, end.column)
  );
}

function Legend({ what }: { what: What }) {
  return (
    <ul class="legend small">
      <li>
        <i class="cell level-4" /> {t('legend.all')}
      </li>
      <li>
        <i class="cell level-3" /> {t('legend.most')}
      </li>
      <li>
        <i class="cell level-2" /> {t('legend.half')}
      </li>
      <li>
        <i class="cell level-1" /> {t('legend.some')}
      </li>
      <li>
        <i class="cell level-0" /> {t('legend.zero')}
      </li>
      <li>
        <i class="cell level-none" /> {t('legend.none')}
      </li>
      {what === 'images' && (
        <>
          <li>
            <i class="cell level-4">
              <b class="corner bad" />
            </i>
            {t('state.quarantined')}
          </li>
          <li>
            <i class="cell level-4">
              <b class="corner info" />
            </i>
            {t('legend.stale')}
          </li>
        </>
      )}
    </ul>
  );
}

interface BackfillProps {
  rooms: string[];
  from: string;
  to: string;
  what: What;
  rows: CoverageRow[];
  onClose: () => void;
}

interface Plan {
  steps: BackfillStep[];
  enqueued: number;
}

/** What would be done, before it is done. */
function Backfill({ rooms, from, to, what, rows, onClose }: BackfillProps) {
  const [only, setOnly] = useState<Only>('missing');
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const request = { what, from, to, rooms, only };
  const counts = useMemo(() => sum(rows, rooms, from, to), [rows, rooms, from, to]);

  useEffect(() => {
    setPlan(undefined);
    setError(undefined);
    send<Plan>('/api/backfill', { ...request, dryRun: true }).then(setPlan, setError);
  }, [what, from, to, rooms, only]);

  const go = async () => {
    setBusy(true);
    const done = await attempt(async () => {
      const { enqueued } = await send<Plan>('/api/backfill', { ...request, dryRun: false });
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
            : (['missing', 'all'] as const)
          ).map((value) => ({ value, text: t(`only.${value}`) }))}
          onChange={setOnly}
        />
      </div>
      {what === 'images' && counts.unknown > 0 && (only === 'missing' || only === 'all') && (
        <p class="quiet small">{t('backfill.lookedUp', { n: counts.unknown })}</p>
      )}
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

/** What the cells count together; `unknown` are cells without any picture known. */
function sum(rows: CoverageRow[], rooms: string[], from: string, to: string) {
  const total = { expected: 0, embedded: 0, described: 0, missing: 0, quarantined: 0, stale: 0 };
  let unknown = 0;
  for (const { room, cells } of rows) {
    if (!rooms.includes(room)) continue;
    for (const cell of cells) {
      if (cell.day < from || cell.day > to) continue;
      for (const name of Object.keys(total) as (keyof typeof total)[]) total[name] += cell[name];
      if (cell.images === 0) unknown++;
    }
  }
  return { ...total, unknown };
}
