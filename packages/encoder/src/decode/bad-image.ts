import { PermanentError } from '@mycelium/farm';

/** The reason an image is quarantined, which is stored with its key and counted. */
type BadImageReason =
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
export const badImage = (reason: BadImageReason, message: string, options?: ErrorOptions) =>
  new PermanentError(reason, message, options);
