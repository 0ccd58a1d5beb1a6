import { column, type Profile } from './profile.ts';

const events = /host connect|connected|button|eof|end of file|stopped|coupler|started|^#$/i;

/** A title line, then `#`, `Date Time, GMT-08:00` and `Temp, °C (LGR S/N: …)`. Rows of events have the word `Logged`. */
export const hoboware: Profile = {
  name: 'hoboware',
  title: 'HOBOware',
  source: 'github.com/nationalparkservice/hobo-py: test_data/U23-001_HOBOware.csv',
  recognise(layout) {
    const timeColumn = column(layout, /^Date Time, GMT ?[+-]/);
    return timeColumn ? { timeColumn, ignored: events } : undefined;
  },
};

/** `Date Time - GMT -05:00`, `Temp, (*F)`, `RH, (%)` after a line with the serial number; ISO times. */
export const hobomobile: Profile = {
  name: 'hobomobile',
  title: 'HOBOmobile',
  source: 'github.com/nationalparkservice/hobo-py: test_data/MX2301_HOBOmobile.csv',
  recognise(layout) {
    const timeColumn = column(layout, /^Date Time - GMT ?[+-]/);
    return timeColumn ? { timeColumn, ignored: events } : undefined;
  },
};
