import { SingleBar } from 'cli-progress';
import { out } from './colours.ts';

export interface Bar {
  update(done: number, total: number, note?: string): void;
  /** Shows why there is no progress. */
  note(text: string): void;
  end(note?: string): void;
}

/** Progress of long work: a bar on a terminal, otherwise an occasional line. */
export function createBar(label: string): Bar {
  return process.stdout.isTTY ? terminalBar(label) : plainBar(label);
}

function terminalBar(label: string): Bar {
  const bar = new SingleBar({
    format: `  ${label.padEnd(28)} ${out.cyan('{bar}')} {value}/{total} {note}`,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 24,
    hideCursor: true,
  });
  bar.start(0, 0, { note: '' });
  return {
    update(done, total, note = '') {
      bar.setTotal(total);
      bar.update(done, { note });
    },
    note: (note) => bar.update({ note }),
    end(note = '') {
      bar.update({ note });
      bar.stop();
    },
  };
}

function plainBar(label: string): Bar {
  let printedQuarter = 0;
  let printedNote = '';
  console.log(`  ${label} …`);
  return {
    update(done, total, note = '') {
      // One line per quarter, since a log is read, not watched.
      const quarter = total > 0 ? Math.floor((4 * done) / total) : 0;
      if (quarter <= printedQuarter) return;
      printedQuarter = quarter;
      console.log(`  ${label}: ${done}/${total} ${note}`.trimEnd());
    },
    note(text) {
      if (text !== printedNote) console.log(`  ${label}: ${text}`);
      printedNote = text;
    },
    end(note = 'done') {
      console.log(`  ${label}: ${note}`);
    },
  };
}

/** For work whose progress is not shown. */
export const silentBar: Bar = { update() {}, note() {}, end() {} };
