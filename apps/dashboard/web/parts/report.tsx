import type { Cell, ReportTable, ReportView } from '@mycelium/words';
import { dateTime, duration, formatNumber, maybe, percent, sentenceText, t } from '../words.ts';
import { Icon } from './icon.tsx';

/** A job's report: a summary, its tables, and what the numbers leave out. */
export function Report({ view }: { view: ReportView }) {
  return (
    <div class="report">
      {view.summary.map((sentence) => (
        <p key={sentence.code}>{sentenceText(sentence)}</p>
      ))}
      {view.tables
        .filter(({ rows }) => rows.length > 0)
        .map((table) => (
          <Table key={table.columns.join()} table={table} />
        ))}
      {view.leftOut.length > 0 && (
        <div class="notice warn">
          <Icon name="alert" />
          <ul aria-label={t('runs.leftOut')}>
            {view.leftOut.map((sentence) => (
              <li key={JSON.stringify(sentence)} class="wrap">
                {sentenceText(sentence)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Table({ table: { title, columns, rows } }: { table: ReportTable }) {
  const name = title ? sentenceText(title) : t('runs.report');
  // A column of numbers is right-aligned, including its heading.
  const isRight = columns.map((_, n) => rows.some((row) => isNumeric(row[n] ?? null)));
  return (
    <section class="card table-wrap" tabIndex={0} aria-label={name}>
      <table class="table compact">
        {title && <caption>{name}</caption>}
        <thead>
          <tr>
            {columns.map((code, n) => (
              <th key={code} class={isRight[n] ? 'right' : ''}>
                {maybe(code, code)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, line) => (
            <tr key={line}>
              {row.map((cell, n) => (
                <td key={columns[n]} class={isRight[n] ? 'right nowrap' : 'wrap'}>
                  {cellText(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const isNumeric = (cell: Cell) =>
  typeof cell === 'number' ||
  (typeof cell === 'object' && cell !== null && ('share' in cell || 'value' in cell || 'seconds' in cell));

function cellText(cell: Cell): string {
  if (cell === null) return '–';
  if (typeof cell === 'number') return formatNumber(cell);
  if (typeof cell === 'string') return cell;
  if ('share' in cell) return cell.share === null ? '–' : percent(cell.share);
  if ('value' in cell) return formatNumber(cell.value, cell.digits);
  if ('time' in cell) return dateTime(cell.time);
  if ('seconds' in cell) return duration(cell.seconds);
  return sentenceText(cell);
}
