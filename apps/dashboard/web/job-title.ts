import { maybe } from './words.ts';

/** A job's title in the reader's language; a newer job gets the title from the timetable. */
export const jobTitle = (id: string, title: string) => maybe(`job.${id}`, title);
