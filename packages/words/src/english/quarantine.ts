/** Why an image is quarantined, or got no vector. */
export const english = {
  'reason.empty': 'Empty file',
  'reason.not_an_image': 'Not an image',
  'reason.unsupported_format': 'Unsupported format',
  'reason.truncated': 'Truncated file',
  'reason.animated': 'Animated image',
  'reason.too_large': 'Too large',
  'reason.bad_shape': 'Unusable shape',
  'reason.corrupt': 'Corrupt file',
  'reason.too_slow': 'Decoding timed out',
  'reason.invalid_key': 'Malformed object key',
  'reason.bad_key': 'Malformed object key',
  'reason.missing': 'Missing from the store',
  'reason.not_recorded': 'No longer recorded',
  'reason.replaced': 'Replaced during the run',
};
