/** Why an image is quarantined: stored with its key, and counted. */
export type BadImageReason =
  | 'empty'
  | 'not_an_image'
  | 'unsupported_format'
  | 'truncated'
  | 'animated'
  | 'too_large'
  | 'bad_shape'
  | 'corrupt'
  | 'too_slow';

/** The bytes can never be decoded: the image belongs in quarantine. */
export class BadImage extends Error {
  readonly permanent = true;
  readonly reason: BadImageReason;

  constructor(reason: BadImageReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BadImage';
    this.reason = reason;
  }
}
