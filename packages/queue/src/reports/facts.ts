/** What alert rules may read from a report. A job that does not measure one leaves it out. */
export interface ReportFacts {
  /** Share of the images tried that failed, 0–1. */
  failureRate?: number | undefined;
  /** A run of the timetable that found nothing to work on. */
  foundNothing?: boolean | undefined;
  roomsWithoutData?: string[] | undefined;
  /** How much was tried, and how much of it failed. */
  tried?: number | undefined;
  failed?: number | undefined;
}
