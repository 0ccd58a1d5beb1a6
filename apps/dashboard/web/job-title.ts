import { maybe } from './words.ts';

/** What a job is called in the reader's language; a new one by the timetable's own title. */
export const jobTitle = (id: string, title: string) => maybe(`job.${id}`, title);
