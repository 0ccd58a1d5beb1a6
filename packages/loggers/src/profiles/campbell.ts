import type { Profile } from './profile.ts';

/** TOA5: a line about the logger, names, units, and kinds of processing; `NAN` for nothing. */
export const campbell: Profile = {
  name: 'campbell-toa5',
  title: 'Campbell TOA5',
  source: 'help.campbellsci.com/loggernet-manual/ln_manual/campbell_scientific_file_formats/toa5.htm',
  recognise({ titles, columns }) {
    if (!/^"?TOA5"?,/.test(titles[0] ?? '') || !columns.includes('TIMESTAMP')) return undefined;
    return { timeColumn: 'TIMESTAMP', ignored: /^RECORD$/ };
  },
};
