import { SingleBar } from 'cli-progress';
import colors from 'picocolors';

export interface Bar {
  update(done: number, total: number, note?: string): void;
  /** Why nothing moves. */
  note(text: string): void;
  end(note?: string): void;
}

/** Progress of long work: a bar in a terminal, else a line now and then. */
export function createBar(label: string): Bar {
  return process.stdout.isTTY ? terminalBar(label) : plainBar(label);
}

function terminalBar(label: string): Bar {
  const bar = new SingleBar({
    format: `  ${label.padEnd(28)} ${colors.cyan('{bar}')} {value}/{total} {note}`,
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
  let told = 0;
  let noted = '';
  console.log(`  ${label} …`);
  return {
    update(done, total, note = '') {
      // A quarter further, or it is said again and again.
      const quarter = total > 0 ? Math.floor((4 * done) / total) : 0;
      if (quarter <= told) return;
      told = quarter;
      console.log(`  ${label}: ${done}/${total} ${note}`.trimEnd());
    },
    note(text) {
      if (text !== noted) console.log(`  ${label}: ${text}`);
      noted = text;
    },
    end(note = 'done') {
      console.log(`  ${label}: ${note}`);
    },
  };
}

/** For work whose progress is not shown. */
export const silentBar: Bar = { update() {}, note() {}, end() {} };
