import { column, type Profile } from './profile.ts';

/** `Timestamp for sample frequency every 15 min min`, `Temperature_Celsius` or `Temperature_Fahrenheit`; local time. */
export const govee: Profile = {
  name: 'govee',
  title: 'Govee Home',
  source: 'github.com/swharden/govee-plot: data/Indoor_export.csv',
  recognise(layout) {
    const timeColumn = column(layout, /^Timestamp for sample frequency every/);
    return timeColumn && column(layout, /^Temperature_(Celsius|Fahrenheit)/) ? { timeColumn } : undefined;
  },
};
