/** A request that is not served, with what to tell its sender. */
export class Refused extends Error {
  readonly statusCode: number;
  readonly retryAfter: number | undefined;

  constructor(statusCode: number, message: string, retryAfter?: number) {
    super(message);
    this.name = 'Refused';
    this.statusCode = statusCode;
    this.retryAfter = retryAfter;
  }
}
