import { useEffect, useRef, useState } from 'preact/hooks';
import type { CoverageRow } from '../../src/coverage/coverage.ts';
import { at } from '../base-path.ts';
import { type Chosen, cellLabel, shareOf, type What } from '../coverage-cells.ts';
import { isOperator } from '../session.ts';
import { shortDay, t } from '../words.ts';

interface Cell {
  row: number;
  column: number;
}
interface Selection {
  start: Cell;
  end: Cell;
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

interface MatrixProps {
  rows: CoverageRow[];
  what: What;
  onChoose: (chosen: Chosen) => void;
}

/** Rooms down, days across. Select cells by dragging, or with Shift and the arrow keys followed by Enter. */
export function CoverageMatrix({ rows, what, onChoose }: MatrixProps) {
  const [selection, setSelection] = useState<Selection>();
  const [focus, setFocus] = useState<Cell>({ row: 0, column: (rows[0]?.cells.length ?? 1) - 1 });
  const [hovered, setHovered] = useState<Cell>();
  const dragging = useRef(false);
  const table = useRef<HTMLTableElement>(null);
  const days = rows[0]?.cells.map(({ day }) => day) ?? [];
  const choosing = isOperator();

  useEffect(() => {
    // Today is at the right end, and people look at it first.
    const wrap = table.current?.parentElement;
    if (wrap) wrap.scrollLeft = wrap.scrollWidth;
  }, [days.length]);

  const textOf = ({ row, column }: Cell) => {
    const { room, cells } = rows[row] ?? {};
    const cell = cells?.[column];
    return room && cell && cellLabel(room, cell, what);
  };

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
                  <a href={at(`/rooms/${encodeURIComponent(room)}`)}>{room}</a>
                </th>
                {cells.map((cell, column) => {
                  const share = shareOf(cell, what);
                  const focused = focus.row === row && focus.column === column;
                  return (
                    <td
                      key={cell.day}
                      role="gridcell"
                      data-cell={`${row}-${column}`}
                      data-room={room}
                      data-day={cell.day}
                      tabIndex={focused ? 0 : -1}
                      aria-label={textOf({ row, column })}
                      aria-selected={isInside(selection, row, column)}
                      class={`cell level-${level(share)}`}
                      onFocus={() => {
                        setFocus({ row, column });
                        setHovered({ row, column });
                      }}
                      onPointerDown={(event) => {
                        if (!choosing || event.button !== 0) return;
                        (event.target as HTMLElement).releasePointerCapture?.(event.pointerId);
                        dragging.current = true;
                        setSelection({ start: { row, column }, end: { row, column } });
                      }}
                      onPointerEnter={() => {
                        setHovered({ row, column });
                        if (dragging.current && selection)
                          setSelection({ ...selection, end: { row, column } });
                      }}
                    >
                      {what === 'images' && cell.quarantined > 0 && <i class="corner bad" />}
                      {(what === 'images' ? cell.stale > 0 : cell.readingsStale) && <i class="corner info" />}
                      {what === 'images' && cell.absent > 0 && <i class="corner warn" />}
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
        {(hovered && textOf(hovered)) ?? t('coverage.hint')}
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
