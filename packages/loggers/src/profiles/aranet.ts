import { column, type Profile } from './profile.ts';

/** The first column's name has the order of day and month: `Time(dd/mm/yyyy)`, `Time(MM/DD/YYYY h:mm:ss A)`. */
export const aranet: Profile = {
  name: 'aranet',
  title: 'Aranet4',
  source: 'github.com/the-butcher/ARANET4_VIS: src/data/DelimitedParserAranet.ts',
  recognise(layout) {
    const timeColumn = column(layout, /^Time ?\((dd|mm)\/(dd|mm)\/yyyy/i);
    if (!timeColumn || !column(layout, /^Carbon dioxide ?\(ppm\)$/i)) return undefined;
    return { timeColumn, dayFirst: /\(dd/i.test(timeColumn) };
  },
};
