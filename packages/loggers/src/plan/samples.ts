import type { Layout } from '../layout/layout.ts';
import { splitLine } from '../text/split-line.ts';
import { addEvidence, type NumberEvidence } from '../values/number.ts';

const noEvidence = (): NumberEvidence => ({ point: 0, comma: 0 });
const mostTimes = 5_000;

/** What the cells of a file show, column by column. */
export interface Samples {
  rows: string[][];
  evidence: NumberEvidence[];
  add(lines: readonly string[]): void;
}

/** @param keep how many rows to keep as they are */
export function createSamples({ separator, columns }: Layout, keep: number): Samples {
  const samples: Samples = {
    rows: [],
    evidence: columns.map(noEvidence),
    add(lines) {
      for (const line of lines) {
        if (line === '' || line.startsWith('#')) continue;
        let cells: string[];
        try {
          cells = splitLine(line, separator);
        } catch {
          continue;
        }
        if (cells.length < columns.length - 1) continue;
        if (samples.rows.length < keep) samples.rows.push(cells.map((cell) => cell.trim()));
        for (const [n, evidence] of samples.evidence.entries()) {
          const cell = cells[n];
          if (cell && (cell.includes(',') || cell.includes('.'))) addEvidence(evidence, cell.trim());
        }
      }
    },
  };
  return samples;
}

/** Keeps one text per date, so that every day of a file is among the samples of its times. */
export function createTimeSamples(): { add(text: string): void; list(): string[] } {
  const byDate = new Map<string, string>();
  return {
    add(text) {
      const date = text.split(/[ T]/, 1)[0] as string;
      if (byDate.size < mostTimes && text && !byDate.has(date)) byDate.set(date, text);
    },
    list: () => mostUsualShape([...byDate.values()]),
  };
}

/** Garbled times must not decide the format: only texts of the most frequent shape remain. */
export function mostUsualShape(texts: string[]): string[] {
  const byShape = new Map<string, string[]>();
  for (const text of texts) {
    const shape = text.replace(/\d+/g, '9').replace(/[A-Za-z]+/g, 'a');
    const same = byShape.get(shape);
    if (same) same.push(text);
    else byShape.set(shape, [text]);
  }
  return [...byShape.values()].sort((a, b) => b.length - a.length)[0] ?? [];
}
