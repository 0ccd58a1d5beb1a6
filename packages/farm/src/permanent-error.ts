/**
 * A retry would fail in the same way: the data, the key, the file or the request itself is at fault. The queue reads
 * `permanent` and does not retry such a job.
 */
export class PermanentError extends Error {
  override name = 'PermanentError';
  readonly permanent = true;
  /** For callers to distinguish or report: a code such as `truncated`, or the mistake in an image key. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
