/** What alert rules may read from a report. A job omits the facts it does not measure. */
export interface ReportFacts {
  /** Share of the images tried that failed, 0–1. */
  failureRate?: number | undefined;
  /** Set when a scheduled run found nothing to work on. */
  foundNothing?: boolean | undefined;
  roomsWithoutData?: string[] | undefined;
  /** The number of items tried, and how many of them failed. */
  tried?: number | undefined;
  failed?: number | undefined;
}
