/**
 * Trying again gives the same result: the data, the key, the file or the request itself is at fault. The queue reads
 * `permanent` and does not try such a job again.
 */
export class PermanentError extends Error {
  override name = 'PermanentError';
  readonly permanent = true;
  /** What callers distinguish or report: a code such as `truncated`; for an image key, what is wrong with it. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
