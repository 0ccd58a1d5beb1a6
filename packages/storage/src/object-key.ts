import { invalidObjectKey } from './store-errors.ts';

/**
 * Accepts the keys that S3 allows (at most 1,024 bytes of UTF-8), except those that a path or a proxy could misread.
 * @throws StoreError `invalid_key`
 */
export function assertObjectKey(key: string): void {
  const reason = whyNotObjectKey(key);
  if (reason) throw invalidObjectKey(key, reason);
}

export function whyNotObjectKey(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (!key.isWellFormed()) return 'it is not well-formed Unicode';
  if (Buffer.byteLength(key) > 1024) return 'it is longer than 1,024 bytes';
  if (key.includes('\\')) return 'it holds a backslash';
  if (/\p{Cc}/u.test(key)) return 'it contains a control character';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it holds an empty segment';
    if (segment === '.' || segment === '..') return `it holds the segment "${segment}"`;
  }
  return undefined;
}
